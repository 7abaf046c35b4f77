import { useSignal } from '@preact/signals';
import type { RuleRow } from '../api/operations.ts';
import { may } from '../state/may.ts';
import { counted } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { ago, shortTime, span } from '../time/zone.ts';
import { askToAcknowledge, askToResolve, askToSilence, silence } from './actions.ts';
import { notice } from '../state/asking.ts';
import { BacktestView } from './backtest.tsx';
import { Keys } from './keys.tsx';
import { Letters } from './letters.tsx';
import { linesOf, lookOf, type RuleLook } from './state.ts';

type RuleProps = {
  readonly rule: RuleRow;
  readonly zone: string;
  readonly now: number;
  readonly reload: () => Promise<void>;
};

const NAMES: Readonly<Record<RuleLook, string>> = {
  firing: 'firing',
  acknowledged: 'acknowledged',
  pending: 'pending',
  silenced: 'silenced',
  new: 'not judged yet',
  ok: 'ok',
};

/** A rule: whether it fires, why, and what can be done about it. */
export function Rule({ rule, zone, now, reload }: RuleProps) {
  const open = useSignal<'' | 'letters' | 'backtest'>('');
  const look = lookOf(rule);
  const toggle = (part: 'letters' | 'backtest') => (open.value = open.value === part ? '' : part);
  return (
    <li class={`card rule rule-${look}`}>
      <header class="rule-head">
        <span class="rule-state">
          <span class="rule-mark" aria-hidden="true" />
          {NAMES[look]}
        </span>
        <h2>
          <Text text={rule.rule} />
        </h2>
        <p class="rule-condition">
          {rule.condition}
          {rule.by.length > 0 && (
            <>
              , by <Text text={rule.by.join(', ')} />
            </>
          )}
        </p>
      </header>
      {rule.incident && <Why rule={rule} zone={zone} now={now} />}
      <RuleNotes rule={rule} zone={zone} now={now} />
      <div class="rule-end">
        <p class="rule-query">
          <code>
            <Text text={rule.query || '*'} />
          </code>
          <span class="hint">
            {rule.schedule} · {rule.tick === undefined ? 'not judged yet' : `judged ${ago(rule.tick, now)}`}
          </span>
        </p>
        <div class="row">
          {rule.incident && (
            <a class="button" href={linesOf(rule, rule.incident)}>
              the lines
            </a>
          )}
          <RuleChanges rule={rule} reload={reload} />
          <button
            type="button"
            class="quiet"
            aria-expanded={open.value === 'letters'}
            onClick={() => toggle('letters')}
          >
            mails
          </button>
          {may('operate') && (
            <button
              type="button"
              class="quiet"
              aria-expanded={open.value === 'backtest'}
              onClick={() => toggle('backtest')}
            >
              backtest
            </button>
          )}
        </div>
      </div>
      {open.value === 'letters' && <Letters rule={rule.rule} zone={zone} />}
      {open.value === 'backtest' && <BacktestView rule={rule.rule} zone={zone} />}
    </li>
  );
}

/** Since when an incident lasts, with how many lines, and which keys make it up. */
function Why({ rule, zone, now }: Omit<RuleProps, 'reload'>) {
  const incident = rule.incident!;
  const { id, total, since, state, acknowledged, notices } = incident;
  return (
    <div class="why">
      <p>
        <Text text={id} />: {counted(total, 'line')} since {shortTime(since, zone, now)} ({span(now - since)})
        {state === 'pending' ? ', nothing sent yet' : `, ${counted(notices, 'notice')}`}
      </p>
      {acknowledged && (
        <p class="why-known">
          acknowledged {shortTime(acknowledged.at, zone, now)}
          {acknowledged.note !== undefined && (
            <>
              : <Text text={acknowledged.note} />
            </>
          )}
        </p>
      )}
      {rule.by.length > 0 && <Keys rule={rule} incident={incident} />}
    </div>
  );
}

function RuleNotes({ rule, zone, now }: Omit<RuleProps, 'reload'>) {
  const { silencedUntil, waiting, failure } = rule;
  return (
    <>
      {silencedUntil !== undefined && <p class="warning">no notices until {shortTime(silencedUntil, zone, now)}</p>}
      {waiting > 0 && (
        <p class="warning">
          {counted(waiting, 'notice')} not sent yet
          {failure !== undefined && (
            <>
              : <Text text={failure} />
            </>
          )}
        </p>
      )}
    </>
  );
}

function RuleChanges({ rule, reload }: Pick<RuleProps, 'rule' | 'reload'>) {
  if (!may('operate')) return null;
  const { incident, silencedUntil } = rule;
  return (
    <>
      {incident && !incident.acknowledged && (
        <button type="button" onClick={() => askToAcknowledge(incident, reload)}>
          acknowledge
        </button>
      )}
      {incident && (
        <button type="button" onClick={() => askToResolve(incident, reload)}>
          close
        </button>
      )}
      {silencedUntil === undefined ? (
        <button type="button" class="quiet" onClick={() => askToSilence(rule, reload)}>
          silence
        </button>
      ) : (
        <button
          type="button"
          class="quiet"
          onClick={async () => {
            notice.value = await silence(rule.rule, '0s', reload).catch((error: Error) => ({
              said: error.message,
              isFault: true as const,
            }));
          }}
        >
          end silence
        </button>
      )}
    </>
  );
}

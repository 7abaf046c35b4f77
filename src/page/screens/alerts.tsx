import { Digest } from '../alerts/digest.tsx';
import { askToMute, mute } from '../alerts/actions.ts';
import { Outbox } from '../alerts/outbox.tsx';
import { Rule } from '../alerts/rule.tsx';
import { sortedRules } from '../alerts/state.ts';
import { serverTime } from '../api/client.ts';
import type { Alerts } from '../api/operations.ts';
import { More } from '../controls/more.tsx';
import { ReadOnly } from '../controls/read-only.tsx';
import { Part, Sheet } from '../controls/sheet.tsx';
import { useAnswer } from '../state/answer.ts';
import { notice } from '../state/asking.ts';
import { may } from '../state/may.ts';
import { zone } from '../state/view.ts';
import { counted } from '../text/numbers.ts';
import { shortTime } from '../time/zone.ts';

const EVERY = 15_000;
const STEP = 50;

/** Rules and their incidents, the firing ones first; what could not be sent above all. */
export function AlertsScreen() {
  const alerts = useAnswer<Alerts>('alerts', {}, EVERY);
  const now = serverTime();
  const { reload } = alerts;
  const items = alerts.value?.items ?? [];
  const firing = items.filter(({ incident }) => incident?.state === 'open').length;
  return (
    <Sheet
      title="Alerts"
      about={alerts.value && `${firing > 0 ? `${firing} firing of ` : ''}${counted(items.length, 'rule')}`}
      tools={
        <>
          {may('operate') && alerts.value && alerts.value.mutedUntil === undefined && (
            <button type="button" onClick={() => askToMute(reload)}>
              mute all
            </button>
          )}
          <ReadOnly needs="operate" />
        </>
      }
    >
      <Part asked={alerts}>
        {({ outbox, mutedUntil }) => (
          <>
            {mutedUntil !== undefined && <Muted until={mutedUntil} now={now} reload={reload} />}
            {outbox && <Outbox outbox={outbox} zone={zone.value} now={now} reload={reload} />}
            {items.length === 0 && <NoRules />}
            <More items={sortedRules(items)} step={STEP}>
              {(shown) => (
                <ul class="cards">
                  {shown.map((rule) => (
                    <Rule key={rule.rule} rule={rule} zone={zone.value} now={now} reload={reload} />
                  ))}
                </ul>
              )}
            </More>
            <Digest />
          </>
        )}
      </Part>
    </Sheet>
  );
}

function Muted({ until, now, reload }: { until: number; now: number; reload: () => Promise<void> }) {
  return (
    <section class="card outbox row" aria-label="Muted">
      <p>All notices are muted until {shortTime(until, zone.value, now)}.</p>
      {may('operate') && (
        <button
          type="button"
          onClick={async () => {
            notice.value = await mute('0s', reload).catch((error: Error) => ({
              said: error.message,
              isFault: true as const,
            }));
          }}
        >
          end it
        </button>
      )}
    </section>
  );
}

function NoRules() {
  return (
    <div class="nothing">
      <p>There are no rules yet.</p>
      <p class="hint">
        Rules stand in the configuration under <code>alerts:</code>, or in files of their own,{' '}
        <code>alerts.d/*.yaml</code> beside it. This one mails when nginx logs more than 20 errors within ten minutes:
      </p>
      <pre class="example" tabIndex={0}>
        {`alerts:
  - {name: nginx-errors, kind: count, query: 'appname:nginx severity:<=err',
     window: 10m, above: 20, by: [hostname], to: [ops@example.org]}`}
      </pre>
      <p class="hint">Silent hosts are watched without a rule.</p>
    </div>
  );
}

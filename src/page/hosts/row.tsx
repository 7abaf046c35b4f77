import type { ComponentChildren } from 'preact';
import type { ClockRow, ShownHost } from '../api/operations.ts';
import { may } from '../state/may.ts';
import { searchAddress } from '../state/address.ts';
import { termFor } from '../state/terms.ts';
import { shortCount, count } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { ago, dateAndClock, offsetLabel, span } from '../time/zone.ts';
import { askToExpect, askToRetire } from './actions.ts';
import { Clock } from './clock.tsx';
import { LastLine } from './last-line.tsx';
import { Strip } from './strip.tsx';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type HostRowProps = {
  readonly host: ShownHost;
  readonly clocks: readonly ClockRow[];
  readonly zone: string;
  readonly now: number;
  /** Whether the text of its last line is asked for. */
  readonly hasLine: boolean;
  readonly reload: () => Promise<void>;
};

export function HostRow({ host, clocks, zone, now, hasLine, reload }: HostRowProps) {
  const isSilent = host.silentSince !== undefined;
  return (
    <li class={`host ${isSilent ? 'host-silent' : ''} ${host.retired ? 'host-retired' : ''}`}>
      <div class="host-name">
        <a href={linesOf(host, now)}>
          <Text text={host.host} />
        </a>
        <span class="host-state">{stateOf(host, now)}</span>
      </div>
      <Fact name="last line">
        {host.messages === 0 ? (
          <span class="hint">never</span>
        ) : (
          <time title={`${dateAndClock(host.last, zone).slice(0, 16)} ${offsetLabel(host.last, zone)}, to the minute`}>
            {minutesAgo(host.last, now)}
          </time>
        )}
      </Fact>
      <Fact name="rhythm">
        <Strip host={host} zone={zone} now={now} />
      </Fact>
      <Fact name="lines">
        <span title={`${count(host.messages)} lines since ${dateAndClock(host.first, zone).slice(0, 16)}`}>
          {shortCount(host.messages)}
        </span>
        <span class="hint"> {host.transports.join(', ')}</span>
      </Fact>
      <Fact name="clock">
        {clocks.length === 0 && <span class="hint">not seen yet</span>}
        {clocks.map((clock) => (
          <Clock key={clock.stamps} clock={clock} reload={reload} />
        ))}
      </Fact>
      {may('operate') && (
        <div class="host-actions">
          {host.retired ? (
            <button type="button" class="quiet" onClick={() => askToExpect(host.host, reload)}>
              expect
            </button>
          ) : (
            <button type="button" class="quiet" onClick={() => askToRetire(host.host, reload)}>
              retire
            </button>
          )}
        </div>
      )}
      {isSilent && hasLine && host.messages > 0 && <LastLine host={host} zone={zone} />}
    </li>
  );
}

/** A cell with its heading, which only narrow windows show. */
function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class={`host-fact host-${name.replace(' ', '-')}`}>
      <span class="host-head">{name}</span>
      {children}
    </div>
  );
}

function stateOf(host: ShownHost, now: number): string {
  if (host.silentSince !== undefined) return `silent: should have spoken ${minutesAgo(host.silentSince, now)}`;
  if (host.retired) return 'not expected until it sends again';
  if (host.messages > 0) return '';
  const { expectedWithin = 24 * HOUR, expectedSince = now } = host;
  return `expected, first line due in ${span(Math.max(0, expectedSince + expectedWithin - now))}`;
}

/** The ledger counts minutes; of what is long ago, hours are enough. */
function minutesAgo(at: number, now: number): string {
  const step = now - at > 3 * HOUR ? HOUR : MINUTE;
  return now - at < 2 * MINUTE ? 'just now' : ago(now - Math.floor((now - at) / step) * step, now);
}

/** The search for its last hour of lines. */
function linesOf({ host, last, messages }: ShownHost, now: number): string {
  const isOld = messages > 0 && now - last > HOUR;
  return searchAddress({
    query: termFor('hostname', host),
    ...(isOld && { from: new Date(last - HOUR).toISOString(), to: new Date(last + 60_000).toISOString() }),
  });
}

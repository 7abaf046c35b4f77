import { change } from '../api/client.ts';
import type { ClockRow, ZoneChanges } from '../api/operations.ts';
import { askFirst, type Done } from '../state/asking.ts';
import { may } from '../state/may.ts';
import { Text } from '../text/text.tsx';
import { span } from '../time/zone.ts';

type ClockProps = { readonly clock: ClockRow; readonly reload: () => Promise<void> };

/** What the timestamps of a host show about its clock, and what helps. */
export function Clock({ clock, reload }: ClockProps) {
  return (
    <div class={`clock clock-${clock.state}`}>
      <span>
        <Text text={findingOf(clock)} />
      </span>
      {may('operate') && clock.state === 'off' && clock.cause === 'zone' && clock.likely !== undefined && (
        <button type="button" onClick={() => askToRead(clock, reload)}>
          read as {clock.likely}
        </button>
      )}
      {may('operate') && clock.set && (
        <button type="button" class="quiet" onClick={() => askToForget(clock, reload)}>
          unset zone
        </button>
      )}
    </div>
  );
}

/** `2 h ahead: looks like Europe/Berlin`, as the command line says it. */
function findingOf(clock: ClockRow): string {
  const { state, cause, likely, others = [], skew = 0, zone, set } = clock;
  const off = Math.abs(skew) < 1000 ? '' : `${span(rounded(skew))} ${skew > 0 ? 'ahead' : 'behind'}`;
  const own = set ? `read in ${zone}, as was set` : '';
  if (state === 'ok') return own || 'right';
  if (state === 'unseen') return own || 'no timestamp seen yet';
  if (state === 'unsettled') return `${off}, or its messages arrive late`;
  if (cause === 'zone') {
    return `${off}: looks like ${[likely, ...others.slice(0, 2)].join(' or ')}${own && `; ${own}`}`;
  }
  if (cause === 'offset') return `${off}: it sends a wrong UTC offset; correct the time zone on the host`;
  return `${off}: synchronise its clock by NTP on the host`;
}

/** To the minute if it is much: timestamps of RFC 3164 have no more than seconds, and lines travel for a while. */
function rounded(skew: number): number {
  const step = Math.abs(skew) < 600_000 ? 1000 : 60_000;
  return Math.round(skew / step) * step;
}

function askToRead({ host, likely, others = [], zone, set }: ClockRow, reload: () => Promise<void>): void {
  askFirst({
    title: `Read the timestamps of ${host} in another zone?`,
    text: `They carry no zone and are read in ${zone}. Messages from now on are read in the new one; those already stored keep their timestamps.`,
    fields: [
      {
        name: 'zone',
        label: 'Zone',
        value: likely ?? '',
        isRequired: true,
        offers: [likely ?? '', ...others.slice(0, 3)],
      },
    ],
    action: 'Set the zone',
    run: async ({ zone: chosen = '' }) => {
      const done = await setZone(host, chosen, reload);
      return { ...done, undo: () => (set ? setZone(host, zone, reload) : unsetZone(host, reload)) };
    },
  });
}

function askToForget({ host, zone }: ClockRow, reload: () => Promise<void>): void {
  askFirst({
    title: `Remove the zone that was set for ${host}?`,
    text: `Its timestamps are read in ${zone}. After this, they are read as the configuration says.`,
    action: 'Remove the zone',
    run: async () => ({ ...(await unsetZone(host, reload)), undo: () => setZone(host, zone, reload) }),
  });
}

async function setZone(host: string, zone: string, reload: () => Promise<void>): Promise<Done> {
  const { items } = await change<ZoneChanges>('PUT', `clocks/${encodeURIComponent(host)}`, { zone });
  await reload();
  return { said: `${host}: timestamps are read in ${items[0]?.zone ?? zone} from now on.` };
}

async function unsetZone(host: string, reload: () => Promise<void>): Promise<Done> {
  const { items } = await change<ZoneChanges>('DELETE', `clocks/${encodeURIComponent(host)}`);
  await reload();
  return { said: `${host}: timestamps are read in ${items[0]?.zone ?? 'the zone of the configuration'} again.` };
}

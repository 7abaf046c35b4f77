import type { Gap } from '../../account/contract.ts';
import { formatDuration } from '../../base/units.ts';
import { stampsIn } from './stamps.ts';
import type { ZoneName } from '../args/zone.ts';

const DAY = 86_400_000;
const SECOND = 1000;

/** Writes gaps for people: `2026-11-22 14:03:07 to 14:05:10 (2m 3s): no server ran`. @throws CordwoodError ERR_USAGE */
export function gapLine(zone: ZoneName): (gap: Gap) => string {
  const stamps = stampsIn(zone);
  return (gap) => {
    const [from, to] = [gap.from, gap.to].map((ms) => stamps.iso(ms).slice(0, 19).replace('T', ' ')) as [
      string,
      string,
    ];
    const until = gap.open ? 'now' : to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to;
    const seconds = Math.max(SECOND, Math.round((gap.to - gap.from) / SECOND) * SECOND);
    return `${from} to ${until} (${about(seconds)}): ${whereOf(gap)}${whatOf(gap)}`;
  };
}

/** Two units are enough. */
function about(ms: number): string {
  const step = ms >= DAY ? DAY / 24 : ms >= DAY / 24 ? 60 * SECOND : SECOND;
  return formatDuration(Math.round(ms / step) * step);
}

function whereOf({ node, reason }: Gap): string {
  return node === undefined || reason === 'outage' ? '' : `receiver ${node}: `;
}

function whatOf({ reason, listener, host, count, node }: Gap): string {
  const number = count?.toLocaleString('en');
  const messages = number === undefined ? 'messages' : `${number} ${count === 1 ? 'message' : 'messages'}`;
  const by = listener === undefined ? '' : `${listener}: `;
  switch (reason) {
    case 'outage':
      return node === undefined ? 'no server ran' : `receiver ${node} did not run`;
    case 'spool_full':
      return count === undefined
        ? 'the spool was full: nothing was taken in'
        : `${by}${messages} dropped: the spool was full`;
    case 'disk_refused':
      return count === undefined
        ? "the spool's disk refused: nothing was taken in"
        : `${by}${messages} lost: the spool's disk refused`;
    case 'kernel':
      return `${by}${number ?? 'some'} datagrams dropped by the kernel: the receive buffer was full`;
    case 'limited':
      return `${by}${messages} dropped by a limit`;
    case 'lost':
      return `${by}${messages} lost on the way to the disk`;
    case 'sequence':
      return `${by}${messages} of ${host ?? 'a host'} missing by the sender's own count`;
    case 'clock':
      return 'the clock was set forward, or the machine slept';
    case 'damaged':
      return `${messages} lost: the spool is damaged where they lay`;
  }
}

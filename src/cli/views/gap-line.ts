import type { Gap } from '../../account/contract.ts';
import { countOf } from '../../base/text.ts';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../../base/units.ts';
import type { ZoneName } from '../args/zone.ts';
import { stampsIn } from './stamps.ts';

/** Writes gaps for people: `2026-11-22 14:03:07 to 14:05:10 (2m 3s): no server ran`. @throws CordwoodError ERR_USAGE */
export function gapLine(zone: ZoneName): (gap: Gap) => string {
  const { seconds } = stampsIn(zone);
  return (gap) => {
    const [from, to] = [seconds(gap.from), seconds(gap.to)];
    const until = gap.open ? 'now' : to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to;
    const duration = Math.max(SECOND, Math.round((gap.to - gap.from) / SECOND) * SECOND);
    return `${from} to ${until} (${rounded(duration)}): ${receiverText(gap)}${reasonText(gap)}`;
  };
}

/** At most two units. */
function rounded(ms: number): string {
  const step = ms >= DAY ? HOUR : ms >= HOUR ? MINUTE : SECOND;
  return formatDuration(Math.round(ms / step) * step);
}

function receiverText({ node, reason }: Gap): string {
  return node === undefined || reason === 'outage' ? '' : `receiver ${node}: `;
}

function reasonText({ reason, listener, host, count, node }: Gap): string {
  const messages = count === undefined ? 'messages' : countOf(count, 'message');
  const by = listener === undefined ? '' : `${listener}: `;
  switch (reason) {
    case 'outage':
      return node === undefined ? 'no server was running' : `receiver ${node} was not running`;
    case 'spool_full':
      return count === undefined
        ? 'the spool was full: nothing was received'
        : `${by}${messages} dropped: the spool was full`;
    case 'disk_refused':
      return count === undefined
        ? 'the spool could not be written: nothing was received'
        : `${by}${messages} lost: the spool could not be written`;
    case 'kernel': {
      const datagrams = count === undefined ? 'datagrams' : countOf(count, 'datagram');
      return `${by}${datagrams} dropped by the kernel: the receive buffer was full`;
    }
    case 'limited':
      return `${by}${messages} dropped by a limit`;
    case 'lost':
      return `${by}${messages} lost before reaching the disk`;
    case 'sequence':
      return `${by}${messages} from ${host ?? 'a host'} missing, by the sender's own count`;
    case 'clock':
      return 'the clock was set forward, or the machine slept';
    case 'state':
      return 'the state of the store was damaged: counts, gaps and alerts of this time are gone';
    case 'not_forwarded':
      return `${messages} not forwarded${listener === undefined ? '' : ` to ${listener}`}: skipped, or deleted by retention before`;
    case 'damaged':
      return `${messages} lost: the spool is damaged there`;
  }
}

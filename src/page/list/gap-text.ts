import type { Gap } from '../api/answers.ts';
import { counted } from '../text/numbers.ts';
import { date, dateAndClock, span } from '../time/zone.ts';

/** `13:31:40 to 13:31:42 (2 s): udp0: 1,204 datagrams dropped by the kernel`: what is missing here, and why. */
export function gapText(gap: Gap, zone: string): string {
  const from = dateAndClock(gap.from, zone).slice(0, 19);
  const to = dateAndClock(gap.to, zone).slice(0, 19);
  const end = gap.open ? 'now' : date(gap.from, zone) === date(gap.to, zone) ? to.slice(11) : to;
  return `${from} to ${end} (${span(Math.max(1000, gap.to - gap.from))}): ${gapReason(gap)}`;
}

/** Why messages are missing, as the command line says it. */
export function gapReason({ reason, listener, host, count, node }: Gap): string {
  const receiver = node === undefined || reason === 'outage' ? '' : `receiver ${node}: `;
  const by = receiver + (listener === undefined ? '' : `${listener}: `);
  const messages = count === undefined ? 'messages' : counted(count, 'message');
  switch (reason) {
    case 'outage':
      return node === undefined ? 'no server was running' : `receiver ${node} was not running`;
    case 'spool_full':
      return `${by}${count === undefined ? 'nothing was received' : `${messages} dropped`}: the spool was full`;
    case 'disk_refused':
      return `${by}${count === undefined ? 'nothing was received' : `${messages} lost`}: the spool could not be written`;
    case 'kernel':
      return `${by}${count === undefined ? 'datagrams' : counted(count, 'datagram')} dropped by the kernel: the receive buffer was full`;
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

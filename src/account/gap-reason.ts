import type { Gap } from './contract.ts';

/**
 * Why messages are or may be missing, for people: the same words on the command line and on the web page, which brings
 * its own way to write a count with its noun.
 */
export function gapReason(
  { reason, listener, host, count, node }: Gap,
  countOf: (count: number, one: string) => string,
): string {
  const receiver = node === undefined ? '' : `receiver ${node}: `;
  const by = receiver + (listener === undefined ? '' : `${listener}: `);
  const messages = count === undefined ? 'messages' : countOf(count, 'message');
  switch (reason) {
    case 'outage':
      return node === undefined ? 'no server was running' : `receiver ${node} was not running`;
    case 'spool_full':
      return `${by}${count === undefined ? 'nothing was received' : `${messages} dropped`}: the spool was full`;
    case 'disk_refused':
      return `${by}${count === undefined ? 'nothing was received' : `${messages} lost`}: the spool could not be written`;
    case 'kernel':
      return `${by}${count === undefined ? 'datagrams' : countOf(count, 'datagram')} dropped by the kernel: the receive buffer was full`;
    case 'limited':
      return `${by}${messages} dropped by a limit`;
    case 'lost':
      return `${by}${messages} lost before reaching the disk`;
    case 'sequence':
      return `${by}${messages} from ${host ?? 'a host'} missing, by the sender's own count`;
    case 'clock':
      return `${receiver}the clock was set forward, or the machine slept`;
    case 'state':
      return `${receiver}the state of the store was damaged: counts, gaps and alerts of this time are gone`;
    case 'not_forwarded':
      return `${receiver}${messages} not forwarded${listener === undefined ? '' : ` to ${listener}`}: skipped, or deleted by retention before`;
    case 'damaged':
      return `${receiver}${messages} lost: the spool is damaged there`;
  }
}

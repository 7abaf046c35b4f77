import type { Beat } from '../../relay/contract.ts';
import type { Origin } from './origins.ts';

/**
 * Records a beat of an origin. It counts what the origin had sent before it, and arrives after all of that.
 * @param now its arrival here, ms
 * @returns how many messages more are here than the origin counts as sent, if it has nothing left to repeat: it was set
 * back to an earlier state, and these are only here; else 0
 */
export function noteBeat(origin: Origin, beat: Beat, now: number): number {
  origin.beat = beat;
  origin.beatAt = now;
  const before = origin.before ?? Math.max(0, beat.sent - origin.taken);
  origin.before = before;
  origin.missing = Math.max(0, beat.sent - before - origin.taken);
  const more = origin.taken + before - beat.sent;
  if (more <= 0 || !isUpToDate(origin, beat)) return 0;
  origin.before = beat.sent - origin.taken;
  origin.setBackAt = now;
  return more;
}

/** Whether the last message sent before the beat is the last one that was taken: after a start, an origin repeats some. */
function isUpToDate({ mark }: Origin, { last }: Beat): boolean {
  return mark !== undefined && last !== undefined && idAt(mark) === last.slice(0, 12) + last.slice(16);
}

/** The arrival and the sequence as an id has them; a mark knows no node. */
function idAt({ at, sequence }: { readonly at: number; readonly sequence: number }): string {
  return at.toString(16).padStart(12, '0') + sequence.toString(16).padStart(16, '0');
}

import { arrivalOf, sequenceOf } from '../../model/id.ts';
import type { Beat } from '../../relay/contract.ts';
import type { Origin } from './origins.ts';

/** What a beat shows: the origin was set back to an earlier state, and how that is known; undefined if it was not. */
type Finding =
  /** So many messages more are here than it counts as sent, and it has nothing left to repeat: these are only here. */
  | { readonly kind: 'more'; readonly count: number }
  /** All that it stores, and its clock, is older than what it has sent: new messages would look like repeated ones. */
  | { readonly kind: 'clock' };

/**
 * Records a beat of an origin. It counts what the origin had sent before it, and arrives after all of that.
 * @param now its arrival here, ms
 */
export function noteBeat(origin: Origin, beat: Beat, now: number): Finding | undefined {
  const before = origin.before ?? Math.max(0, beat.sent - origin.taken);
  origin.beat = beat;
  origin.beatAt = now;
  origin.before = before;
  origin.missing = Math.max(0, beat.sent - before - origin.taken);
  if (isClockBehind(origin, beat)) {
    origin.setBackAt = now;
    origin.mark = undefined;
    return { kind: 'clock' };
  }
  const more = origin.taken + before - beat.sent;
  if (more <= 0 || !isUpToDate(origin, beat)) return undefined;
  origin.before = beat.sent - origin.taken;
  origin.setBackAt = now;
  return { kind: 'more', count: more };
}

/** Whether the last message sent before the beat is the last one that was taken: after a start, an origin repeats some. */
function isUpToDate({ mark }: Origin, { last }: Beat): boolean {
  if (mark === undefined || last === undefined) return false;
  return arrivalOf(last) === mark.at && sequenceOf(last) === mark.sequence;
}

/**
 * Whether new messages of the origin may look like repeated ones: it has sent what is newer than all that it stores now,
 * and than its clock. Each connection begins with a beat, before any message. An origin that was not set back stores all
 * that it has sent, except right after a start, when it has yet to read back its spool; its clock has gone on then.
 */
function isClockBehind({ mark }: Origin, { visible, at }: Beat): boolean {
  return mark !== undefined && arrivalOf(visible) < mark.at && at <= mark.at;
}

import { arrivalOf, sequenceOf } from '../../model/id.ts';
import type { Beat } from '../../relay/contract.ts';
import type { Origin } from './origins.ts';

/** What a beat shows: the origin was set back to an earlier state, and how that is known; undefined if it was not. */
type Finding =
  /** So many messages more are here than it counts as sent, and it has nothing left to repeat: these are only here. */
  | { readonly kind: 'more'; readonly count: number }
  /** What it stores now is older than what it has sent: its clock is behind, and new messages look like repeated ones. */
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
 * Whether the newest message that the origin stores is older than one that it has sent, at two beats in a row: right
 * after a start, it has yet to read back its spool.
 */
function isClockBehind(origin: Origin, { visible }: Beat): boolean {
  const isBehind = origin.mark !== undefined && arrivalOf(visible) < origin.mark.at;
  const wasBehind = origin.isBehind === true;
  origin.isBehind = isBehind && !wasBehind ? true : undefined;
  return isBehind && wasBehind;
}

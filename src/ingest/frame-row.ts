import { FRAME_FLAG } from '../base/frame-list.ts';
import type { MessageBatch } from '../model/batch.ts';
import { flagBit } from '../model/message.ts';

/**
 * Bytes of the arena that parsing one frame may need for texts it makes up: a largest frame,
 * inflated, and its raw.
 */
export const FRAME_HEADROOM = 1 << 20;

const TRUNCATED = flagBit('truncated');
const PARTIAL = flagBit('partial');
const DUPLICATE = flagBit('possible_duplicate');
const PARSE_ERROR = flagBit('parse_error');

/**
 * Copies what a framer or the spool knows of a frame to its row, before it is parsed.
 * @param flags bits of `FRAME_FLAG` @param original the full length in bytes of a frame that was
 * cut, else 0
 */
export function setFrameFlags(batch: MessageBatch, row: number, flags: number, original: number): void {
  batch.flags[row] =
    (flags & FRAME_FLAG.truncated ? TRUNCATED : 0) |
    (flags & FRAME_FLAG.partial ? PARTIAL : 0) |
    (flags & FRAME_FLAG.possibleDuplicate ? DUPLICATE : 0) |
    (flags & FRAME_FLAG.misframed ? PARSE_ERROR : 0);
  batch.originalLength[row] = original;
}

import { MAX_FRAME_BYTES } from '../base/frame-list.ts';

/** Returns `maxFrame`. @throws RangeError if it is not 1 byte to 256 KiB */
export function checkedMaxFrame(maxFrame: number): number {
  if (Number.isInteger(maxFrame) && maxFrame >= 1 && maxFrame <= MAX_FRAME_BYTES) return maxFrame;
  throw new RangeError(`cannot limit frames to ${maxFrame} bytes: the limit must be 1 to ${MAX_FRAME_BYTES}`);
}

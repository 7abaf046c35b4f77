import { FRAME_FLAG } from '../../base/frame-list.ts';
import type { Emit } from '../../frame/contract.ts';

/** The part of a framer that `parse` uses. */
export type LineFramer = { push(chunk: Buffer, emit: Emit): void; end(emit: Emit): void };

const LF = 0x0a;
const CR = 0x0d;

/** A framer to which every line is a frame, whatever it begins with: lines of log files carry no octet counts. */
export function createLineFramer(maxFrame: number): LineFramer {
  let kept: Buffer[] = [];
  let size = 0;
  let length = 0;
  const keep = (piece: Buffer): void => {
    length += piece.length;
    const room = Math.min(piece.length, maxFrame - size);
    // A copy, because the stream reuses the chunk.
    if (room > 0) kept.push(Buffer.from(piece.subarray(0, room)));
    size += Math.max(0, room);
  };
  const finish = (emit: Emit): void => {
    let line = Buffer.concat(kept);
    const original = length;
    kept = [];
    size = 0;
    length = 0;
    if (line.at(-1) === CR) line = line.subarray(0, -1);
    if (line.length === 0) return;
    const cut = original > maxFrame;
    emit(frameList(line.length, cut ? FRAME_FLAG.truncated : 0, cut ? original : 0), [line]);
  };
  return {
    push(chunk, emit) {
      let from = 0;
      for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
        keep(chunk.subarray(from, end));
        finish(emit);
        from = end + 1;
      }
      keep(chunk.subarray(from));
    },
    end: finish,
  };
}

/** A list of one frame. */
function frameList(length: number, flags: number, original: number) {
  return {
    count: 1,
    skip: Uint32Array.of(0),
    length: Uint32Array.of(length),
    flags: Uint8Array.of(flags),
    original: Uint32Array.of(original),
  };
}

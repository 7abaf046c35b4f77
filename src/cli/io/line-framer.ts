import { FRAME_FLAG } from '../../base/frame-list.ts';
import type { Emit } from '../../frame/contract.ts';

/** What `parse` needs of a framer. */
export type Lines = { push(chunk: Buffer, emit: Emit): void; end(emit: Emit): void };

const LF = 0x0a;
const CR = 0x0d;

/** A framer to which a line is a line, whatever it begins with: what lies in files carries no counts. */
export function createLineFramer(maxFrame: number): Lines {
  let kept: Buffer[] = [];
  let size = 0;
  let length = 0;
  const keep = (piece: Buffer): void => {
    length += piece.length;
    const room = Math.min(piece.length, maxFrame - size);
    // A copy: the chunk is the stream's to use again.
    if (room > 0) kept.push(Buffer.from(piece.subarray(0, room)));
    size += Math.max(0, room);
  };
  const give = (emit: Emit): void => {
    let line = Buffer.concat(kept);
    const original = length;
    kept = [];
    size = 0;
    length = 0;
    if (line.at(-1) === CR) line = line.subarray(0, -1);
    if (line.length === 0) return;
    const cut = original > maxFrame;
    emit(one(line.length, cut ? FRAME_FLAG.truncated : 0, cut ? original : 0), [line]);
  };
  return {
    push(chunk, emit) {
      let from = 0;
      for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
        keep(chunk.subarray(from, end));
        give(emit);
        from = end + 1;
      }
      keep(chunk.subarray(from));
    },
    end: give,
  };
}

function one(length: number, flags: number, original: number) {
  return {
    count: 1,
    skip: Uint32Array.of(0),
    length: Uint32Array.of(length),
    flags: Uint8Array.of(flags),
    original: Uint32Array.of(original),
  };
}

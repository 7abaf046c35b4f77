import { type FrameList, MAX_RECORD_BYTES, MAX_RECORD_FRAMES } from '../../src/base/frame-list.ts';
import assert from 'node:assert/strict';
import type { Framer } from '../../src/frame/contract.ts';

/** A frame as tests compare it; `text` is latin1, so that each byte is a character. */
export type Seen = { readonly text: string; readonly flags: number; readonly original: number };

/** Gathers the frames that a framer hands over, and checks the promises of each call. */
export class Gathered {
  readonly frames: Seen[] = [];
  calls = 0;

  readonly emit = (list: FrameList, parts: readonly Uint8Array[]): void => {
    const payload = Buffer.concat(parts);
    assert.ok(list.count > 0 && list.count <= MAX_RECORD_FRAMES, `a call hands over ${list.count} frames`);
    assert.ok(payload.length <= MAX_RECORD_BYTES, `a call hands over ${payload.length} bytes`);
    let at = 0;
    for (let index = 0; index < list.count; index++) {
      at += list.skip[index]!;
      const end = at + list.length[index]!;
      assert.ok(end <= payload.length, 'a frame lies within the payload');
      const text = payload.toString('latin1', at, end);
      this.frames.push({ text, flags: list.flags[index]!, original: list.original[index]! });
      at = end;
    }
    assert.equal(at, payload.length, 'the payload ends with its last frame');
    this.calls++;
  };
}

/** The frames of a stream that arrives in these chunks and then ends. */
export function framesOf(framer: Framer, chunks: Iterable<Buffer>): Seen[] {
  const gathered = new Gathered();
  for (const chunk of chunks) framer.push(chunk, gathered.emit);
  framer.end(gathered.emit);
  assert.equal(framer.pending, 0, 'nothing is pending after the end');
  return gathered.frames;
}

function counts(framer: Framer): object {
  return { oversize: framer.oversize, empty: framer.empty, partialDropped: framer.partialDropped };
}

/** The frames and counts of `stream`, split at these offsets, which ascend. */
export function cutAt(create: () => Framer, stream: Buffer, offsets: readonly number[]): { frames: Seen[] } & object {
  const framer = create();
  const edges = [0, ...offsets, stream.length];
  const chunks = edges.slice(1).map((edge, index) => stream.subarray(edges[index]!, edge));
  return { frames: framesOf(framer, chunks), ...counts(framer) };
}

/**
 * Checks the law of every framer: whole = split in two at each offset = byte by byte. @returns the frames of the whole
 */
export function assertSplitLaw(create: () => Framer, stream: Buffer): Seen[] {
  const whole = cutAt(create, stream, []);
  for (let offset = 0; offset <= stream.length; offset++) {
    assert.deepEqual(cutAt(create, stream, [offset]), whole, `cut at ${offset}`);
  }
  const every = Array.from({ length: stream.length }, (_, index) => index);
  assert.deepEqual(cutAt(create, stream, every), whole, 'byte by byte');
  return whole.frames;
}

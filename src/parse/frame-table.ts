import { MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import { Allotment } from '../base/wasm/wasm.ts';
import type { MessageBatch } from '../model/batch.ts';
import { SUSPECTS } from './names.ts';

/**
 * Where the frames of a record lie in the arena of a batch, one entry a frame. Code that reads
 * records fills it; both the fast path and the parser read it. It lies in the head of the batch's
 * WebAssembly memory.
 */
export class FrameTable {
  /** Where the frame begins in the arena. */
  readonly start: Uint32Array;
  /** Bytes of the frame. */
  readonly length: Uint32Array;
  /** Index into `batch.sources`. */
  readonly source: Uint32Array;
  /** Bits of `FRAME_FLAG`. The fast path reads only frames without flags. */
  readonly flags: Uint8Array;
  /** `SUSPECTS` of `names.ts`. */
  readonly words: Uint32Array;

  /** @throws TypeError if the batch was not made by `MessageBatch.inMemory` */
  constructor({ memory }: MessageBatch) {
    if (!memory) throw new TypeError('the batch does not lie in a WebAssembly memory');
    const columns = new Allotment(memory.buffer, 0);
    this.start = columns.take(Uint32Array, MAX_RECORD_FRAMES);
    this.length = columns.take(Uint32Array, MAX_RECORD_FRAMES);
    this.source = columns.take(Uint32Array, MAX_RECORD_FRAMES);
    this.flags = columns.take(Uint8Array, MAX_RECORD_FRAMES);
    this.words = columns.take(Uint32Array, SUSPECTS.length);
    this.words.set(SUSPECTS);
  }
}

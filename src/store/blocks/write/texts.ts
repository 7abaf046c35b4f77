import { type MessageBatch, SPANS } from '../../../model/batch.ts';
import { tokensOf } from '../../../model/tokens.ts';
import { ByteWriter } from '../format/bytes.ts';
import { HEADER_BYTES, MAX_ROWS, seal, TEXT, TEXT_SPANS, TEXTS } from '../format/format.ts';
import { writeFrame } from '../format/frames.ts';
import type { EncoderWasm } from './encoder-wasm.ts';
import { hashOf } from '../format/token-filter.ts';

/** Gathers the texts of a block in order of places. Reused from block to block. */
export class Texts {
  /** Whether some message is more than ASCII. */
  wide = false;
  readonly #kernel: EncoderWasm;
  readonly #sizes: number[] = [];
  readonly #out = new ByteWriter(1 << 18);

  constructor(kernel: EncoderWasm) {
    this.#kernel = kernel;
  }

  /** Takes the texts of the rows that the kernel placed and gives the filter the tokens of the messages. */
  gather(batch: MessageBatch, count: number): void {
    const kernel = this.#kernel;
    const { exports, at } = kernel;
    const [offsets, lengths] = [kernel.column(batch.offsets), kernel.column(batch.lengths)];
    kernel.reserve(at.free, exports.measure(count, lengths));
    this.wide = false;
    for (let text = 0; text < TEXTS; text++) {
      const start = at.free;
      const span = TEXT_SPANS[text]! * Int32Array.BYTES_PER_ELEMENT;
      const [ended, found] = exports.gather(count, offsets + span, lengths + span, at.arena, this.lengths(text), start);
      const end = ended >>> 0;
      const lineFeeds = text === TEXT.message ? exports.scan(start, end) : exports.lineFeeds(start, end);
      if (lineFeeds !== found) this.#keepLengths(batch, count, text);
      at.free = end;
      this.#sizes[text] = end - start;
    }
  }

  /** Adds the tokens of a stretch of text in the kernel's memory that is more than ASCII. */
  addWide(start: number, end: number): void {
    const { exports, bytes } = this.#kernel;
    this.wide = true;
    for (const token of tokensOf(bytes.toString('utf8', start >>> 0, end >>> 0))) exports.add(hashOf(token));
  }

  /** Where one of `TEXTS` has its column of lengths: 0 absent; else 1, or the length + 1 where a line feed does not end it. */
  lengths(text: number): number {
    return this.#kernel.exports.presences.value + text * MAX_ROWS * Int32Array.BYTES_PER_ELEMENT;
  }

  /** The part `text` for what was gathered. */
  encode(level: number): Buffer {
    const { bytes, at } = this.#kernel;
    const length = this.#sizes.reduce((sum, size) => sum + size, 0);
    const out = this.#out;
    out.length = HEADER_BYTES;
    for (const size of this.#sizes) out.varint(size);
    writeFrame(out, bytes.subarray(at.free - length, at.free), level);
    return seal(out.taken());
  }

  #keepLengths({ lengths }: MessageBatch, count: number, text: number): void {
    const placed = this.#kernel.list(this.#kernel.exports.placed, count);
    const column = this.#kernel.list({ value: this.lengths(text) }, count);
    const span = TEXT_SPANS[text]!;
    for (let place = 0; place < count; place++) column[place] = lengths[placed[place]! * SPANS + span]! + 1;
  }
}

import { type MessageBatch, SPANS } from '../../../model/batch.ts';
import { tokensOf } from '../../../model/tokens.ts';
import { ByteWriter } from '../format/bytes.ts';
import { HEADER_BYTES, MAX_ROWS, seal, TEXT, TEXT_SPANS, TEXTS } from '../format/format.ts';
import { writeFrame } from '../format/frames.ts';
import type { EncoderWasm } from './encoder-wasm.ts';
import { addEscapedTokens } from './line-tokens.ts';
import { hashOf } from '../format/token-filter.ts';

/** Gathers the texts of a block in order of places. Reused from block to block. */
export class Texts {
  /** Whether a message has bytes beyond ASCII. */
  wide = false;
  #isMessage = true;
  readonly #wasm: EncoderWasm;
  readonly #sizes: number[] = [];
  readonly #out = new ByteWriter(1 << 18);

  constructor(wasm: EncoderWasm) {
    this.#wasm = wasm;
  }

  /**
   * Gathers the texts of the rows that `Layout` placed, and adds the tokens of messages, structured
   * data and fields to the filter.
   */
  gather(batch: MessageBatch, count: number): void {
    const wasm = this.#wasm;
    const { exports, at } = wasm;
    const [offsets, lengths] = [wasm.column(batch.offsets), wasm.column(batch.lengths)];
    wasm.reserve(at.free, exports.measure(count, lengths));
    this.wide = false;
    for (let text = 0; text < TEXTS; text++) {
      const start = at.free;
      const span = TEXT_SPANS[text]! * Int32Array.BYTES_PER_ELEMENT;
      const [ended, found] = exports.gather(count, offsets + span, lengths + span, at.arena, this.lengths(text), start);
      const end = ended >>> 0;
      this.#isMessage = text === TEXT.message;
      const lineFeeds = text === TEXT.raw ? exports.lineFeeds(start, end) : exports.scan(start, end);
      if (text === TEXT.fields)
        addEscapedTokens(wasm.bytes.subarray(start, end), (token) => exports.add(hashOf(token)));
      if (lineFeeds !== found) this.#keepLengths(batch, count, text);
      at.free = end;
      this.#sizes[text] = end - start;
    }
  }

  /** Adds the tokens of a range of text in the memory of `encode.wat` that has bytes beyond ASCII. */
  addWide(start: number, end: number): void {
    const { exports, bytes } = this.#wasm;
    if (this.#isMessage) this.wide = true;
    for (const token of tokensOf(bytes.toString('utf8', start >>> 0, end >>> 0))) exports.add(hashOf(token));
  }

  /**
   * Address of the length column of one of `TEXTS`: 0 if absent, else 1, or length + 1 if some text
   * contains a line feed.
   */
  lengths(text: number): number {
    return this.#wasm.exports.presences.value + text * MAX_ROWS * Int32Array.BYTES_PER_ELEMENT;
  }

  /** The part `text` with the gathered texts. */
  encode(level: number): Buffer {
    const { bytes, at } = this.#wasm;
    const length = this.#sizes.reduce((sum, size) => sum + size, 0);
    const out = this.#out;
    out.length = HEADER_BYTES;
    for (const size of this.#sizes) out.varint(size);
    writeFrame(out, bytes.subarray(at.free - length, at.free), level);
    return seal(out.copy());
  }

  #keepLengths({ lengths }: MessageBatch, count: number, text: number): void {
    const placed = this.#wasm.list(this.#wasm.exports.placed, count);
    const column = this.#wasm.list({ value: this.lengths(text) }, count);
    const span = TEXT_SPANS[text]!;
    for (let place = 0; place < count; place++) column[place] = lengths[placed[place]! * SPANS + span]! + 1;
  }
}

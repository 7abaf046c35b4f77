import { type MessageBatch, SPANS } from '../../../model/batch.ts';
import { tokensOf } from '../../../model/tokens.ts';
import { ByteWriter } from '../format/bytes.ts';
import { HEADER_BYTES, MAX_ROWS, seal, FORMAT_2, TEXT, TEXT_SPANS, TEXTS } from '../format/format.ts';
import { writeFrame } from '../format/frames.ts';
import { TEXT_MODE } from '../format/templates.ts';
import type { EncoderWasm } from './encoder-wasm.ts';
import type { ProgramEnd } from './layout.ts';
import { addEscapedTokens } from './line-tokens.ts';
import { TemplateTrials } from './template-trials.ts';
import { type LineGroup, TemplateWriter, writeStreams } from './template-writer.ts';
import { hashOf } from '../format/token-filter.ts';

/** Texts with fewer bytes are never written as templates: the streams would cost more than they save. */
const WORTH_SPLITTING = 16 << 10;
/** A text with more is not written as templates, which would take several times its memory. */
const MOST_SPLIT = 64 << 20;

/** Gathers the texts of a block in order of places. Reused from block to block. */
export class Texts {
  /** Whether a message has bytes beyond ASCII. */
  wide = false;
  #isMessage = true;
  readonly #wasm: EncoderWasm;
  readonly #sizes: number[] = [];
  readonly #out = new ByteWriter(1 << 18);
  /** Texts of which some contain line feeds. */
  readonly #withFeeds: boolean[] = [];
  readonly #templates = new TemplateWriter();
  readonly #trials = new TemplateTrials(this.#templates);

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
      this.#withFeeds[text] = lineFeeds !== found;
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

  /** Bytes of memory that templates keep. */
  get size(): number {
    return this.#templates.size;
  }

  /** The part `text` with the gathered texts as templates, as far as that pays. */
  encodeTemplates(level: number, programs: readonly ProgramEnd[]): Buffer {
    const out = this.#out;
    out.length = HEADER_BYTES;
    for (const size of this.#sizes) out.varint(size);
    let start = this.#wasm.at.free - this.#sizes.reduce((sum, size) => sum + size, 0);
    for (const [text, size] of this.#sizes.entries()) {
      const bytes = this.#wasm.bytes.subarray(start, start + size);
      start += size;
      if (size === 0) continue;
      if (text === TEXT.raw || size < WORTH_SPLITTING || size > MOST_SPLIT) {
        out.u8(TEXT_MODE.plain);
        writeFrame(out, bytes, level);
      } else {
        out.u8(TEXT_MODE.templates);
        this.#writeTemplates(text, bytes, programs, level);
      }
    }
    return seal(out.copy(), FORMAT_2);
  }

  #writeTemplates(text: number, bytes: Buffer, programs: readonly ProgramEnd[], level: number): void {
    const column = this.#wasm.list({ value: this.lengths(text) }, programs.at(-1)!.place);
    const lengths = this.#withFeeds[text]
      ? Array.from(
          column.filter((value) => value > 0),
          (value) => value - 1,
        )
      : undefined;
    const groups: LineGroup[] = [];
    let [place, line, start] = [0, 0, 0];
    for (const program of programs) {
      const from = line;
      for (; place < program.place; place++) if (column[place]! > 0) line++;
      if (line === from) continue;
      const end = lengths ? 0 : endOfLines(bytes, start, line - from);
      const name = `${text} ${program.name}`;
      groups.push({ end: line, whole: !lengths && this.#trials.isWhole(name, bytes.subarray(start, end)) });
      start = end;
    }
    const streams = this.#templates.split({ bytes, lines: line, groups, ...(lengths && { lengths }) });
    writeStreams(this.#out, line, streams, level);
  }

  #keepLengths({ lengths }: MessageBatch, count: number, text: number): void {
    const placed = this.#wasm.list(this.#wasm.exports.placed, count);
    const column = this.#wasm.list({ value: this.lengths(text) }, count);
    const span = TEXT_SPANS[text]!;
    for (let place = 0; place < count; place++) column[place] = lengths[placed[place]! * SPANS + span]! + 1;
  }
}

/** The end of a number of lines. */
function endOfLines(bytes: Buffer, start: number, lines: number): number {
  let at = start;
  for (let line = 0; line < lines; line++) at = bytes.indexOf(0x0a, at) + 1;
  return at;
}

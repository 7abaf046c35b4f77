import { releaseMemory, releaseUnpacked } from '../../../base/memory.ts';
import type { BlockParts } from '../contract.ts';
import { ByteReader } from './bytes.ts';
import { damaged, guarded, FORMAT_2, TEXT, TEXT_SPANS, unseal } from './format.ts';
import { readFrame, unpackFrame, unpackFrameInto } from './frames.ts';
import type { NumberColumn } from './numbers.ts';
import { linesAt, locate, type Spans } from './spans.ts';
import { textMemory } from './text-memory.ts';
import { type TemplateFinder, TemplateTexts, TEXT_MODE } from './templates.ts';

const NO_BYTES = Buffer.alloc(0);

/** What to find in templates, so that only lines with such templates are read. */
export type TemplateProbe = {
  readonly inTemplate: TemplateFinder;
  /** What must be in no variable for templates to decide. */
  readonly notInVariables?: TemplateFinder;
  /** Other bytes that stand for what is wanted: if there are any, templates do not decide. */
  readonly alike?: readonly Buffer[];
};

type TextOptions = {
  /** The column of lengths of one of `TEXT`. */
  readonly lengthsOf: (text: number) => NumberColumn;
  /** Whether the block is read in one turn: only then its texts may lie in the memory for texts. */
  readonly inOneTurn: boolean;
};

/** The texts of a block: each ended by a line feed, in order of places. Everything throws on damage. */
export class BlockTexts {
  readonly #parts: BlockParts;
  readonly #count: number;
  readonly #lengthsOf: (text: number) => NumberColumn;
  readonly #spans: (Spans | undefined)[] = [];
  /** Some lines of texts that are stored as templates, and the places that they were made for. */
  readonly #some: ({ readonly mask: Uint8Array; readonly spans: Spans } | undefined)[] = [];
  #mayLend: boolean;
  /** The number of the loan, if texts lie in the memory for texts. */
  #loan: number | undefined;
  #texts: (Buffer | TemplateTexts)[] | undefined;
  /** What the texts are pieces of, in its own memory. */
  #unpacked: Buffer | undefined;
  /** The part that streams of templates are still unpacked from, if nothing else uses it. */
  #packed: Uint8Array | undefined;

  constructor(parts: BlockParts, count: number, { lengthsOf, inOneTurn }: TextOptions) {
    this.#parts = parts;
    this.#count = count;
    this.#lengthsOf = lengthsOf;
    this.#mayLend = inOneTurn && !parts.unpackedTexts;
  }

  /** Room in the memory for texts; once for a block, since what is there is overwritten by the next. */
  #lend(bytes: number): Buffer | undefined {
    const room = this.#mayLend ? textMemory().lend(bytes) : undefined;
    this.#mayLend = false;
    if (room) this.#loan = textMemory().lent;
    return room;
  }

  /** Wrong texts would be wrong answers: a block that is read in several turns must not lend memory. */
  #checkLoan(): void {
    if (this.#loan !== undefined && this.#loan !== textMemory().lent)
      throw new Error('the texts of a block are used after those of another one took their memory');
  }

  /** The bytes of one of `TEXT`, each text ended by a line feed. */
  bytes(text: number): Buffer {
    this.#checkLoan();
    const own = this.#text(text);
    return own instanceof TemplateTexts ? this.spans(text).bytes : own;
  }

  /** One of `TEXT`, for all places. */
  spans(text: number): Spans {
    this.#checkLoan();
    this.#spans[text] ??= guarded('the text', () => {
      const lengths = this.#lengthsOf(text);
      // If all texts of this kind are absent, nothing is unpacked.
      if (lengths.constant === 0) return locate(NO_BYTES, lengths, this.#count);
      const own = this.#text(text);
      return own instanceof TemplateTexts
        ? linesAt(own.all(text === TEXT.message ? this.#lend(own.size) : undefined), lengths, this.#count)
        : locate(own, lengths, this.#count);
    });
    return this.#spans[text];
  }

  /**
   * The texts whose templates have what a probe finds; the others are absent. `none` if there are none, `all` if
   * templates do not decide: `bytes` and `spans` have all texts then.
   */
  candidates(text: number, probe: TemplateProbe): Spans | 'none' | 'all' {
    if (this.#spans[text] || this.#lengthsOf(text).constant === 0) return 'all';
    const own = this.#text(text);
    if (!(own instanceof TemplateTexts)) return 'all';
    return guarded('the text', () => {
      if (probe.notInVariables && own.inVariables(probe.notInVariables)) return 'all';
      if (probe.alike?.some((alike) => own.has(alike))) return 'all';
      const lines = own.found(probe.inTemplate);
      return lines ? linesAt(lines, this.#lengthsOf(text), this.#count) : 'none';
    });
  }

  /** Makes the texts of the places in a mask, if they are stored as templates. The mask must not change. */
  prepare(mask: Uint8Array, texts: readonly number[] = Object.values(TEXT)): void {
    for (const text of texts) {
      const lengths = this.#lengthsOf(text);
      if (this.#spans[text] || lengths.constant === 0) continue;
      const own = this.#text(text);
      if (!(own instanceof TemplateTexts)) continue;
      const spans = guarded('the text', () => linesAt(own.some(linesOf(mask, lengths)), lengths, this.#count));
      this.#some[text] = { mask, spans };
    }
  }

  /** The texts of a kind, at least that of a place. */
  around(text: number, place: number): Spans {
    this.#checkLoan();
    const some = this.#some[text];
    return some?.mask[place] === 1 ? some.spans : this.spans(text);
  }

  /** Frees the texts that were unpacked and are in no cache; they must not be used any more. */
  release(): void {
    if (this.#unpacked && !this.#parts.unpackedTexts) releaseUnpacked(this.#unpacked);
    this.#unpacked = undefined;
    if (this.#packed && !this.#parts.unpackedTexts) releaseMemory(this.#packed);
    this.#packed = undefined;
    for (const text of this.#texts ?? []) if (text instanceof TemplateTexts) text.release();
    this.#texts = undefined;
  }

  #text(text: number): Buffer | TemplateTexts {
    const kept = this.#parts.unpackedTexts?.get(text);
    if (kept) return Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
    this.#texts ??= guarded('the text', () => this.#read());
    return this.#texts[text]!;
  }

  #read(): (Buffer | TemplateTexts)[] {
    const packed = this.#parts.text();
    const reader = new ByteReader(unseal(packed, 'the text', FORMAT_2));
    const sizes = TEXT_SPANS.map(() => reader.varint());
    if (packed[0] === FORMAT_2 && this.#parts.ownText) this.#packed = packed;
    if (packed[0] === FORMAT_2) return sizes.map((size, text) => this.#readText(reader, size, text));
    return this.#readTogether(packed, reader, sizes);
  }

  #readText(reader: ByteReader, size: number, text: number): Buffer | TemplateTexts {
    if (size === 0) return NO_BYTES;
    const cache = this.#parts.unpackedTexts;
    const mode = reader.u8();
    if (mode === TEXT_MODE.templates) return new TemplateTexts(reader, size, text, cache);
    if (mode !== TEXT_MODE.plain) throw damaged(`a text has the unknown mode ${mode}`);
    const bytes = unpackFrame(readFrame(reader));
    if (bytes.length !== size) throw damaged(`a text has ${bytes.length} bytes, not ${size}`);
    cache?.set(text, bytes);
    return bytes;
  }

  /** All four kinds of text lie in one frame. */
  #readTogether(packed: Uint8Array, reader: ByteReader, sizes: readonly number[]): Buffer[] {
    const frame = readFrame(reader);
    const room = this.#lend(frame.length);
    const unpacked = room ? unpackFrameInto(frame, room) : unpackFrame(frame);
    if (room) {
      if (this.#parts.ownText) releaseMemory(packed);
    } else if (frame.zstd) {
      this.#unpacked = unpacked;
      if (this.#parts.ownText) releaseMemory(packed);
    }
    const all = new ByteReader(unpacked);
    const texts = sizes.map((size) => all.take(size));
    for (const [text, bytes] of texts.entries()) this.#parts.unpackedTexts?.set(text, bytes);
    return texts;
  }
}

/** The lines of the places in a mask: absent texts have none. */
function linesOf(mask: Uint8Array, lengths: NumberColumn): Uint8Array {
  if (lengths.constant !== undefined) return mask;
  const values = lengths.all();
  return mask.filter((_, place) => values[place] !== 0);
}

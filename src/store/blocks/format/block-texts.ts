import { ABSENT } from '../../../model/batch.ts';
import { releaseMemory, releaseUnpacked } from '../../../base/memory.ts';
import type { BlockParts } from '../contract.ts';
import { ByteReader } from './bytes.ts';
import { damaged, guarded, FORMAT_2, TEXT, TEXT_SPANS, unseal } from './format.ts';
import { readFrame, unpackFrame, unpackFrameInto } from './frames.ts';
import type { NumberColumn } from './numbers.ts';
import { linesAt, locate, type Spans } from './spans.ts';
import { textMemory } from './text-memory.ts';
import { type Lines, type TemplateFinder, TemplateTexts, TEXT_MODE, type Verdict } from './templates.ts';

const NO_BYTES = Buffer.alloc(0);

/** What to find in templates, so that only lines with such templates are read. */
export type TemplateProbe = {
  readonly inTemplate: TemplateFinder;
  /** What must be in no variable for templates to decide. */
  readonly notInVariables?: TemplateFinder;
  /** Whether some lines side by side can have what is wanted. */
  readonly within?: (bytes: Buffer) => boolean;
  /** Other bytes that stand for what is wanted: if there are any, templates do not decide. */
  readonly alike?: readonly Buffer[];
  /** What is exactly in the templates of matching lines, if none of the others is in variables. */
  readonly exact?: { readonly inTemplate: TemplateFinder; readonly notInVariables: readonly TemplateFinder[] };
};

/** Where a text is; without a text, its length is ABSENT. */
export type TextPosition = { readonly bytes: Buffer; readonly start: number; readonly length: number };
/** Lines of the places in a mask. */
type SomeLines = { readonly mask: Uint8Array; readonly spans: Spans };
/** Lines of few places: place → its line, or ABSENT. */
type FewLines = Pick<Lines, 'bytes' | 'starts'> & { readonly lines: ReadonlyMap<number, number> };
/** Lines for which a map is made; for more, tables of all places are faster. */
const FEW = 256;

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
  /** Some lines of texts that are stored as templates. */
  readonly #some: (SomeLines | FewLines | undefined)[] = [];
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
      const room = text === TEXT.message ? this.#lend(own.size) : undefined;
      const lines = own.found(probe.inTemplate, { within: probe.within, room });
      return lines ? linesAt(lines, this.#lengthsOf(text), this.#count) : 'none';
    });
  }

  /**
   * Which places have a text that matches, by templates alone; undefined if all texts have to be read, or some places have
   * none.
   */
  verdict(text: number, { exact }: TemplateProbe): Verdict | 'none' | undefined {
    const lengths = this.#lengthsOf(text);
    if (!exact || this.#spans[text] || lengths.constant !== 1) return undefined;
    const own = this.#text(text);
    if (!(own instanceof TemplateTexts)) return undefined;
    return guarded('the text', () => {
      if (exact.notInVariables.some((finder) => own.inVariables(finder))) return undefined;
      if (own.lines !== this.#count) throw damaged('the text has other lines than rows');
      return own.verdict(exact.inTemplate);
    });
  }

  /** Makes the texts of the places in a mask, if they are stored as templates. The mask must not change. */
  prepare(mask: Uint8Array, texts: readonly number[] = Object.values(TEXT)): void {
    for (const text of texts) {
      const lengths = this.#lengthsOf(text);
      if (this.#spans[text] || lengths.constant === 0) continue;
      const own = this.#text(text);
      if (!(own instanceof TemplateTexts)) continue;
      this.#some[text] = guarded('the text', () => {
        const lines = own.some(linesOf(mask, lengths));
        return lines.starts.length <= FEW
          ? fewLines(lines, mask, lengths)
          : { mask, spans: linesAt(lines, lengths, this.#count) };
      });
    }
  }

  /** Where the text of a place is. */
  at(text: number, place: number): TextPosition {
    this.#checkLoan();
    const some = this.#some[text];
    if (some && 'lines' in some) {
      const line = some.lines.get(place);
      if (line === ABSENT) return { bytes: NO_BYTES, start: 0, length: ABSENT };
      if (line !== undefined) {
        const start = some.starts[line]!;
        return { bytes: some.bytes, start, length: some.starts[line + 1]! - start - 1 };
      }
    }
    const isAmong = some && 'mask' in some && some.mask[place] === 1;
    const { bytes, starts, lengths } = isAmong ? some.spans : this.spans(text);
    return { bytes, start: starts[place]!, length: lengths[place]! };
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
  const present = lengths.nonzero();
  let line = 0;
  for (let place = 0; place < present.length; place++) if (present[place] === 1) present[line++] = mask[place]!;
  return present.subarray(0, line);
}

/** Finds the lines that were made for the places in a mask. */
function fewLines({ bytes, starts }: Lines, mask: Uint8Array, lengths: NumberColumn): FewLines {
  const lines = new Map<number, number>();
  let made = 0;
  for (let place = mask.indexOf(1); place >= 0; place = mask.indexOf(1, place + 1)) {
    lines.set(place, lengths.at(place) === 0 ? ABSENT : made++);
  }
  if (made !== starts.length - 1) throw damaged('the text has other lines than rows');
  return { bytes, starts, lines };
}

import { aligned, Allotment, createMemory, lazyModule, type WasmMemory } from '../../../base/wasm/wasm.ts';
import { TOKEN_BYTES } from '../../../model/tokens.ts';
import { TEXT_SCAN_WASM } from './text-scan.wasm.ts';

/** What `text-scan.as.ts` exports; it describes the results. */
type Exports = {
  find(from: number, end: number, length: number, a: number, b: number): number;
  hits(from: number, end: number, length: number, a: number, b: number, whole: number, marked: number): number;
  lines(from: number, end: number, most: number): number;
  wides(from: number, end: number): number;
};

/** Most bytes of texts that the memory takes; the texts of larger blocks get memory of their own. */
const TEXT_BYTES = 8 << 20;
/** Most bytes of templates that the memory takes beside the texts. */
const TEMPLATE_BYTES = 1 << 20;
/** Most lines of a text that the memory takes. */
const MOST_LINES = 1 << 16;
/** Longest needle that is searched for here, bytes. */
const MOST_NEEDLE = 512;
/** Bytes around the texts that searches may touch, beside the length of the needle. */
const SPARE = 64;
const LINE_FEED = 0x0a;
/** What a search returns if bytes look like the needle at too many places. */
export const GAVE_UP = -2;

const instantiate = lazyModule<Exports>(TEXT_SCAN_WASM);

/** A folded ASCII needle, with the offsets of two of its bytes that are rare in texts. */
export type ScanNeedle = { readonly bytes: Buffer; readonly a: number; readonly b: number };

/** Where the lines of a text begin, and their lengths. */
export type Lines = { readonly starts: Uint32Array; readonly lengths: Int32Array };

/**
 * The memory of a thread into which the texts of one block after another are unpacked and searched
 * in place. Texts are valid until the next `lend`, so only a block that is read in one turn may have
 * them here.
 */
export class TextMemory {
  readonly #memory: WasmMemory;
  readonly #needle: Uint8Array;
  readonly #marks: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #lengths: Int32Array;
  readonly #room: Buffer;
  readonly #templates: Buffer;
  readonly #scan: Exports;
  #loaded: Buffer | undefined;
  /** How often the room was lent: texts that were unpacked there before are overwritten. */
  lent = 0;

  constructor() {
    const tables = MOST_NEEDLE + TOKEN_BYTES.length + MOST_LINES * 9;
    this.#memory = createMemory(aligned(tables) + TEMPLATE_BYTES + TEXT_BYTES + MOST_NEEDLE + 8 * SPARE);
    const allotment = new Allotment(this.#memory.buffer, 0);
    this.#needle = allotment.take(Uint8Array, MOST_NEEDLE);
    const tokens = allotment.take(Uint8Array, TOKEN_BYTES.length);
    tokens.set(TOKEN_BYTES);
    this.#marks = allotment.take(Uint8Array, MOST_LINES);
    this.#starts = allotment.take(Uint32Array, MOST_LINES);
    this.#lengths = allotment.take(Int32Array, MOST_LINES);
    const templates = allotment.take(Uint8Array, TEMPLATE_BYTES + 2 * SPARE);
    this.#templates = Buffer.from(templates.buffer, templates.byteOffset + SPARE, TEMPLATE_BYTES);
    const room = allotment.take(Uint8Array, TEXT_BYTES + SPARE);
    this.#room = Buffer.from(room.buffer, room.byteOffset + SPARE, TEXT_BYTES);
    const addresses = {
      needle: this.#needle,
      tokens,
      marks: this.#marks,
      starts: this.#starts,
      lengths: this.#lengths,
    };
    const text = Object.fromEntries(Object.entries(addresses).map(([name, view]) => [name, view.byteOffset]));
    this.#scan = instantiate({ env: { memory: this.#memory }, text });
  }

  /** Room for the texts of a block, `length` bytes and some; undefined if they are too large. */
  lend(length: number): Buffer | undefined {
    if (length + SPARE > TEXT_BYTES) return undefined;
    this.lent++;
    return this.#room.subarray(0, length + SPARE);
  }

  /**
   * A copy of templates, which is valid until the next one: it is searched at once. Undefined if they are too large.
   */
  copied(templates: Uint8Array): Buffer | undefined {
    if (templates.length > TEMPLATE_BYTES) return undefined;
    this.#templates.set(templates);
    return this.#templates.subarray(0, templates.length);
  }

  /** Whether bytes lie in this memory, and are lines as searches expect them. */
  has(bytes: Buffer): boolean {
    return bytes.buffer === this.#memory.buffer && bytes.length > 0 && bytes[bytes.length - 1] === LINE_FEED;
  }

  /**
   * The index of the first occurrence of a needle at or after `from` that ends at or before `end`; -1
   * if there is none, or `GAVE_UP`.
   */
  find(bytes: Buffer, needle: ScanNeedle, from: number, end: number): number {
    const base = bytes.byteOffset;
    const found = this.#scan.find(base + from, base + end, this.#load(needle), needle.a, needle.b);
    return found < 0 ? found : found - base;
  }

  /**
   * The number of lines that contain a needle without a line feed, or `GAVE_UP`. @param whole bits: 1,
   * it must begin a token; 2, it must end one
   */
  count(bytes: Buffer, needle: ScanNeedle, whole: number): number {
    const base = bytes.byteOffset;
    return this.#scan.hits(base, base + bytes.length, this.#load(needle), needle.a, needle.b, whole, 0);
  }

  /**
   * As `count`, and line → 1 if it contains the needle, valid until the next call. The text has at most `lines` lines, or
   * the search gives up.
   */
  mark(bytes: Buffer, needle: ScanNeedle, whole: number, lines: number): { count: number; marks: Uint8Array } {
    const base = bytes.byteOffset;
    const marks = this.#marks.subarray(0, lines).fill(0);
    const length = this.#load(needle);
    return {
      count: this.#scan.hits(base, base + bytes.length, length, needle.a, needle.b, whole, marks.length),
      marks,
    };
  }

  /** Where the lines of a text are; undefined if it does not have so many. */
  lines(bytes: Buffer, count: number): Lines | undefined {
    const base = bytes.byteOffset;
    if (count > MOST_LINES || this.#scan.lines(base, base + bytes.length, count) !== count) return undefined;
    return { starts: this.#starts.slice(0, count), lengths: this.#lengths.slice(0, count) };
  }

  /** Line → 1 if it has bytes beyond ASCII. The text has `lines` lines. */
  wideLines(bytes: Buffer, lines: number): Uint8Array {
    this.#marks.fill(0, 0, lines);
    this.#scan.wides(bytes.byteOffset, bytes.byteOffset + bytes.length);
    return this.#marks.slice(0, lines);
  }

  #load({ bytes }: ScanNeedle): number {
    if (this.#loaded !== bytes) this.#needle.set(bytes);
    this.#loaded = bytes;
    return bytes.length;
  }
}

let memory: TextMemory | undefined;

/** The memory of this thread. */
export function textMemory(): TextMemory {
  memory ??= new TextMemory();
  return memory;
}

/** Bytes of log lines, the commonest first; all others are rare. */
const COMMON = ' e0t1a2ino3rs4.5-6d7l8:9/c"=mpuh,g';

/** @param text folded ASCII; undefined if it is empty or too long to be searched for here */
export function scanNeedle(text: string): ScanNeedle | undefined {
  if (text === '' || text.length > MOST_NEEDLE) return undefined;
  const rarity = (offset: number): number => COMMON.indexOf(text[offset]!) + 1 || COMMON.length + 1;
  const offsets = [...text].map((_, offset) => offset).sort((one, other) => rarity(other) - rarity(one));
  return { bytes: Buffer.from(text, 'latin1'), a: offsets[0]!, b: offsets[1] ?? offsets[0]! };
}

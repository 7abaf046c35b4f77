import { borders } from './linear-search.ts';

/** Byte → the byte, with A–Z as a–z. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
/**
 * OR with this makes both cases of a letter equal, and some other characters, too: it only
 * pre-selects.
 */
const CASE = 0x20202020;
/** Bytes that one step reads. */
const GRAM = 4;
/** With fewer grams, the jumps are too short. */
const MIN_GRAMS = 3;
const MAX_GRAMS = 24;
const TABLE_BITS = 12;
/** Bytes that are compared in vain for each byte that is passed before the search reads each byte once. */
const PATIENCE = 4;
/** Bytes compared in vain that cost nothing. */
const FREE = 4096;

/**
 * Finds an ASCII text in bytes, in any case, without copying them. A gram is a run of four bytes.
 * Wherever the text lies, a search that reads one gram every `n` bytes hits one of its first `n`
 * grams. So one read decides `n` positions, and no read depends on the one before. Short texts are
 * found with Horspool's search.
 */
export class ByteFinder {
  readonly #needle: Buffer;
  /** How many grams of the needle are known; 0 for a short needle. */
  readonly #grams: number;
  /** Hash of a gram → whether the needle may contain it. */
  readonly #known = new Uint8Array(1 << TABLE_BITS);
  /** By the byte under the needle's last one: how far to move on. */
  readonly #skips = new Int32Array(256);
  /** Whether the needle has no letters: then the built-in search is faster. */
  readonly #caseless: boolean;
  /** The bytes searched last, and a view of them: the next search is often in the same bytes. */
  #seen: Buffer | undefined;
  /** For the search of bytes that look like the needle at many places. */
  #borders: Int32Array | undefined;
  #view: DataView | undefined;

  /** @param needle ASCII, folded, not empty */
  constructor(needle: string) {
    this.#needle = Buffer.from(needle, 'latin1');
    const { length } = this.#needle;
    this.#caseless = !/[a-z]/.test(needle);
    const grams = Math.min(MAX_GRAMS, length - GRAM + 1);
    this.#grams = grams < MIN_GRAMS ? 0 : grams;
    for (let i = 0; i < this.#grams; i++) this.#known[hash(this.#needle.readInt32LE(i))] = 1;
    this.#skips.fill(length);
    for (let i = 0; i < length - 1; i++) {
      const byte = this.#needle[i]!;
      this.#skips[byte] = length - 1 - i;
      if (byte >= 0x61 && byte <= 0x7a) this.#skips[byte - 0x20] = length - 1 - i;
    }
  }

  /**
   * The index of the first occurrence at or after `from` that ends at or before `end`; -1 if there
   * is none.
   */
  find(bytes: Buffer, from: number, end = bytes.length): number {
    if (this.#caseless && end === bytes.length) return bytes.indexOf(this.#needle, from);
    return this.#grams > 0 ? this.#findByGrams(bytes, from, end) : this.#findBySkips(bytes, from, end);
  }

  #findByGrams(bytes: Buffer, from: number, end: number): number {
    const view = this.#viewOf(bytes);
    const known = this.#known;
    const grams = this.#grams;
    // The last known gram of an occurrence that starts at `from` begins here.
    let compared = -FREE;
    for (let at = from + grams - 1; at + GRAM <= end; at += grams) {
      if (known[hash(view.getInt32(at, true))] === 0) continue;
      for (let start = at - grams + 1; start <= at; start++) {
        const matched = this.#matchedAt(bytes, start, end);
        if (matched === this.#needle.length) return start;
        compared += matched;
      }
      if (compared > PATIENCE * (at - from)) return this.#findByBorders(bytes, at + 1 - (grams - 1), end);
    }
    return -1;
  }

  /** Reads each byte once. */
  #findByBorders(bytes: Buffer, from: number, end: number): number {
    const needle = this.#needle;
    this.#borders ??= borders(needle.length, (index) => needle[index]!);
    const table = this.#borders;
    let matched = 0;
    for (let at = from; at < end; at++) {
      const byte = FOLDED[bytes[at]!]!;
      while (matched > 0 && byte !== needle[matched]) matched = table[matched - 1]!;
      if (byte === needle[matched]) matched++;
      if (matched === needle.length) return at + 1 - matched;
    }
    return -1;
  }

  #viewOf(bytes: Buffer): DataView {
    if (this.#seen !== bytes || !this.#view) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#seen = bytes;
    }
    return this.#view;
  }

  #findBySkips(bytes: Buffer, from: number, end: number): number {
    const skips = this.#skips;
    const rest = this.#needle.length - 1;
    const last = this.#needle[rest]!;
    for (let at = from + rest; at < end; at += skips[bytes[at]!]!) {
      if (FOLDED[bytes[at]!] === last && this.#matchedAt(bytes, at - rest, end) === rest + 1) return at - rest;
    }
    return -1;
  }

  /** How many bytes of the needle lie at `start`; 0 if it does not fit. */
  #matchedAt(bytes: Buffer, start: number, end: number): number {
    const needle = this.#needle;
    if (start + needle.length > end) return 0;
    let i = 0;
    while (i < needle.length && FOLDED[bytes[start + i]!] === needle[i]) i++;
    return i;
  }
}

function hash(four: number): number {
  return Math.imul(four | CASE, 0x9e3779b1) >>> (32 - TABLE_BITS);
}

import { ByteFinder } from '../../../base/text/byte-finder.ts';
import { GAVE_UP, type ScanNeedle, scanNeedle, textMemory } from '../format/text-memory.ts';

/** Which ends of a needle must be ends of tokens. */
export type WholeEnds = { readonly wholeStart: boolean; readonly wholeEnd: boolean };

const FREE_ENDS: WholeEnds = { wholeStart: false, wholeEnd: false };

/**
 * Finds a folded ASCII text in bytes, in any case: by WebAssembly in texts that were unpacked into
 * the memory for that, by `ByteFinder` in all others.
 */
export class TextFinder {
  readonly #text: string;
  readonly #scan: ScanNeedle | undefined;
  #finder: ByteFinder | undefined;

  /** @param text ASCII, folded, not empty */
  constructor(text: string) {
    this.#text = text;
    this.#scan = scanNeedle(text);
  }

  /** The index of the first occurrence at or after `from` that ends at or before `end`; -1 if there is none. */
  find(bytes: Buffer, from: number, end = bytes.length): number {
    if (this.#scan && textMemory().has(bytes)) {
      const found = textMemory().find(bytes, this.#scan, from, end);
      if (found !== GAVE_UP) return found;
    }
    this.#finder ??= new ByteFinder(this.#text);
    return this.#finder.find(bytes, from, end);
  }

  /** The number of lines that contain the text; undefined if the bytes are not in the memory for it. */
  count(bytes: Buffer, ends: WholeEnds): number | undefined {
    if (!this.#canMark(bytes)) return undefined;
    const count = textMemory().count(bytes, this.#scan!, bitsOf(ends));
    return count === GAVE_UP ? undefined : count;
  }

  /**
   * Line → 1 if it contains the text, valid until the next search; undefined as for `count`. The bytes
   * must have exactly so many lines.
   */
  mark(bytes: Buffer, lines: number, ends = FREE_ENDS): { count: number; marks: Uint8Array } | undefined {
    if (!this.#canMark(bytes)) return undefined;
    const marked = textMemory().mark(bytes, this.#scan!, bitsOf(ends), lines);
    return marked.count === GAVE_UP ? undefined : marked;
  }

  #canMark(bytes: Buffer): boolean {
    return this.#scan !== undefined && !this.#text.includes('\n') && textMemory().has(bytes);
  }
}

function bitsOf({ wholeStart, wholeEnd }: WholeEnds): number {
  return (wholeStart ? 1 : 0) | (wholeEnd ? 2 : 0);
}

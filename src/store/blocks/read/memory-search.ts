import type { LinePattern } from '../../../model/pattern.ts';
import type { Block } from '../format/block.ts';
import { COLUMN, TEXT } from '../format/format.ts';
import { textMemory } from '../format/text-memory.ts';
import { matchLines, type SearchedLines } from './line-pattern.ts';
import { TextFinder, type WholeEnds } from './text-finder.ts';
import { widePlaces } from './wide-places.ts';

/** What a term searches for: a folded text that every match contains, and conditions at its ends. */
export type Needle = WholeEnds & {
  readonly text: string;
  /** Whether finding the text with these ends is the whole condition; if not, a test decides. */
  readonly exact: boolean;
};

/** How a term on messages is decided. */
export type MessageTerm = {
  readonly needle: Needle;
  readonly test: (message: string) => boolean;
  readonly pattern: LinePattern | undefined;
};

/** Place → 1 if its message matches, and how many do. */
export type Matching = { readonly marks: Uint8Array; readonly count: number };

const BEYOND_ASCII = /[^\0-\x7f]/;
/** A shorter needle lies in too many lines to look at each of them. */
export const MIN_NEEDLE = 3;
/** If more than one of so many lines has the needle, a pattern is searched in all lines at once. */
const MANY = 4;

/**
 * Searches the messages of a block where they were unpacked, all at once. Only if each place has a
 * message without line feeds: then its number is that of its line.
 */
export class MemorySearch {
  readonly #term: MessageTerm;
  readonly #finder: TextFinder | undefined;
  readonly #needsFinder: boolean;

  constructor(term: MessageTerm) {
    const { text, exact } = term.needle;
    this.#term = term;
    this.#needsFinder = exact || !term.pattern;
    const isUseful = text.length >= (this.#needsFinder ? 1 : MIN_NEEDLE) && !BEYOND_ASCII.test(text);
    this.#finder = isUseful ? new TextFinder(text) : undefined;
  }

  /** The number of matching messages; undefined if they have to be searched another way. */
  total(block: Block): number | undefined {
    if (!this.#canSearch(block)) return undefined;
    const { needle } = this.#term;
    if (needle.exact && !block.summary.ranges.wide) return this.#finder?.count(block.bytes(TEXT.message), needle);
    return this.#matching(block, undefined)?.count;
  }

  /** The matching messages among those of a mask by place; undefined as for `total`. */
  matching(block: Block, mask: Uint8Array): Matching | undefined {
    return this.#canSearch(block) ? this.#matching(block, mask) : undefined;
  }

  #canSearch(block: Block): boolean {
    if (!this.#finder && this.#needsFinder) return false;
    return block.numbers(COLUMN.messageLength).constant === 1 && textMemory().has(block.bytes(TEXT.message));
  }

  #matching(block: Block, mask: Uint8Array | undefined): Matching | undefined {
    const bytes = block.bytes(TEXT.message);
    const first = this.#finder?.find(bytes, 0);
    const { wide: isWide } = block.summary.ranges;
    if (first === -1 && !isWide) return { marks: new Uint8Array(block.count), count: 0 };
    const spans = block.spans(TEXT.message);
    const wide = isWide ? block.kept(widePlaces, () => widePlaces(spans)) : undefined;
    const marks = this.#markLines({ ...spans, wide }, mask);
    if (!marks) return undefined;
    let count = 0;
    for (let place = 0; place < marks.length; place++) {
      if (wide?.[place] === 1) marks[place] = this.#term.test(block.textAt(TEXT.message, place)) ? 1 : 0;
      if (mask?.[place] === 0) marks[place] = 0;
      count += marks[place]!;
    }
    return { marks, count };
  }

  /** Line → 1 if it matches, as far as it is ASCII. */
  #markLines(lines: SearchedLines, mask: Uint8Array | undefined): Uint8Array | undefined {
    const { needle, pattern } = this.#term;
    const { bytes, starts } = lines;
    const found = this.#finder?.mark(bytes, starts.length, needle);
    if (needle.exact) return found?.marks.slice();
    if (pattern && (!found || found.count * MANY > starts.length)) return this.#markByPattern(lines, pattern);
    return found && this.#tested(found.marks.slice(), lines, mask);
  }

  #markByPattern(lines: SearchedLines, pattern: LinePattern): Uint8Array {
    const marks = new Uint8Array(lines.starts.length);
    const onMatch = (line: number): void => {
      marks[line] = 1;
    };
    matchLines(lines, pattern, { test: this.#term.test, onMatch });
    return marks;
  }

  /** Leaves the marks of those lines of the mask that pass the test. */
  #tested(marks: Uint8Array, { bytes, starts, lengths, wide }: SearchedLines, mask?: Uint8Array): Uint8Array {
    for (let line = marks.indexOf(1); line >= 0; line = marks.indexOf(1, line + 1)) {
      if (mask?.[line] === 0 || wide?.[line] === 1) continue;
      const start = starts[line]!;
      marks[line] = this.#term.test(bytes.toString('latin1', start, start + lengths[line]!)) ? 1 : 0;
    }
    return marks;
  }
}

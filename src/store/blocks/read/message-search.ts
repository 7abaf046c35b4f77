import type { TermFilter } from '../../../model/filter.ts';
import { globTexts } from '../../../model/glob.ts';
import { textTest } from '../../../model/matches.ts';
import { type LinePattern, Pattern } from '../../../model/pattern.ts';
import { isTokenAt, TOKEN_BYTES } from '../../../model/tokens.ts';
import type { Block } from '../format/block.ts';
import { COLUMN, damaged, LINE_FEED, TEXT } from '../format/format.ts';
import { costOf, probeTest } from './terms.ts';
import { matchLines } from './line-pattern.ts';
import type { Range, Selector } from './selector.ts';
import { placeAt, type Spans } from '../format/spans.ts';
import { type Matching, MemorySearch, type MessageTerm, type Needle } from './memory-search.ts';
import type { TemplateProbe } from '../format/block-texts.ts';
import { templateProbe } from './template-probe.ts';
import { TextFinder } from './text-finder.ts';
import { widePlaces } from './wide-places.ts';

const MESSAGE_COST = 10;
const BEYOND_ASCII = /[^\0-\x7f]/;
/**
 * If fewer rows than this are left, each is read by itself instead of searching the text of the
 * block.
 */
const FEW = 48;

/** A term on `message`. @throws PatternError for a pattern that is not RE2 syntax */
export function messageSelector(term: TermFilter): Selector {
  if (term.kind === 'exists') return { cost: 0, apply: () => {} };
  const probe = probeTest(term);
  const test = term.kind === 'range' ? (message: string) => probe({ message }) : textTest(term);
  const needle = needleOf(term);
  const sought: MessageTerm = { needle, test, pattern: linePatternOf(term) };
  const search = needle.text === '' ? undefined : new NeedleSearch(sought);
  const inMemory = new MemorySearch(sought);
  return {
    cost: costOf(term, MESSAGE_COST),
    apply(block, mask, range) {
      const known = search?.known(block);
      if (known) {
        for (let place = range.from; place < range.to; place++) mask[place]! &= known.marks[place]!;
        return;
      }
      let left = 0;
      for (let place = range.from; place < range.to; place++) left += mask[place]!;
      const isPartial = left > FEW && search !== undefined && search.candidates(block) !== 'all';
      const matching = left > FEW && !isPartial ? inMemory.matching(block, mask) : undefined;
      if (matching) mask.set(matching.marks);
      else if (search && left > FEW) search.apply(block, mask, range);
      else {
        // In a block that is read range by range, preparing each range would take longer than all texts at once.
        const isWhole = range.to - range.from === block.count;
        if (isWhole && left <= FEW) block.texts.prepare(mask.slice(), [TEXT.message]);
        for (let place = range.from; place < range.to; place++) {
          if (mask[place] === 1 && !test(block.textAt(TEXT.message, place))) mask[place] = 0;
        }
      }
    },
    total(block) {
      const known = search?.known(block);
      if (known) return known.count;
      const isPartial = search !== undefined && search.candidates(block) !== 'all';
      return (isPartial ? undefined : inMemory.total(block)) ?? search?.total(block);
    },
  };
}

/** For a pattern that RegExp decides. */
export function linePatternOf(term: TermFilter): LinePattern | undefined {
  if (term.kind !== 'pattern') return undefined;
  return new Pattern(term.source, { ignoreCase: term.ignoreCase }).lines;
}

export function needleOf(term: TermFilter): Needle {
  const free = { wholeStart: false, wholeEnd: false };
  switch (term.kind) {
    case 'word':
      return { text: term.token, exact: true, ...wholeEnds(term.token) };
    case 'phrase':
      return { text: term.text, exact: true, ...wholeEnds(term.text, term.open) };
    case 'substring':
      return { text: term.text, exact: true, ...free };
    case 'equals':
      return { text: term.value, exact: false, ...free };
    case 'glob':
      return { text: longest(globTexts(term.glob)), exact: false, ...free };
    case 'pattern':
      return { text: new Pattern(term.source, { ignoreCase: term.ignoreCase }).literal, exact: false, ...free };
    case 'range':
    case 'exists':
      return { text: '', exact: false, ...free };
  }
}

function wholeEnds(text: string, open?: 'start' | 'end'): { wholeStart: boolean; wholeEnd: boolean } {
  return {
    wholeStart: open !== 'start' && isTokenAt(text, 0),
    wholeEnd: open !== 'end' && isTokenAt(text, text.length - 1),
  };
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), '');
}

/** Masks by place while a block is searched. */
type Marks = {
  /** Rows to search. */
  readonly mask: Uint8Array;
  /** Rows that match. */
  readonly found: Uint8Array;
  /** Rows with bytes beyond ASCII, which are tested by themselves; undefined if there are none. */
  readonly wide: Uint8Array | undefined;
};

/**
 * Searches the bytes of a whole block for a needle. An ASCII message contains an ASCII needle only
 * as the same bytes in either case, and no other needle at all; messages with bytes beyond ASCII
 * are tested one by one.
 */
class NeedleSearch {
  readonly #needle: Needle;
  readonly #test: (text: string) => boolean;
  readonly #pattern: LinePattern | undefined;
  /** Undefined if the needle is not ASCII. */
  readonly #finder: TextFinder | undefined;
  /** Tells which templates may have the needle. */
  readonly #probe: TemplateProbe | undefined;

  constructor({ needle, test, pattern }: MessageTerm) {
    this.#needle = needle;
    this.#test = test;
    this.#pattern = pattern;
    const finder = BEYOND_ASCII.test(needle.text) ? undefined : new TextFinder(needle.text);
    this.#finder = finder;
    const probe = finder && templateProbe(needle);
    this.#probe = probe && { ...probe, within: (bytes) => finder.find(bytes, 0) >= 0 };
  }

  /** The messages that may have the needle, see `BlockTexts.candidates`. */
  candidates(block: Block): Spans | 'none' | 'all' {
    const probe = this.#probe;
    if (!probe || block.summary.ranges.wide) return 'all';
    return block.kept(probe, () => ({ of: block.texts.candidates(TEXT.message, probe) })).of;
  }

  /** The messages that have the needle, if templates tell, and that is all that is wanted. */
  known(block: Block): Matching | undefined {
    const probe = this.#probe;
    if (!probe?.exact || !this.#needle.exact || block.summary.ranges.wide) return undefined;
    return block.kept(probe.exact, () => ({ of: this.#known(block, probe) })).of;
  }

  #known(block: Block, probe: TemplateProbe): Matching | undefined {
    const verdict = block.texts.verdict(TEXT.message, probe);
    if (verdict === 'none') return { marks: new Uint8Array(block.count), count: 0 };
    return verdict && { marks: verdict.matching, count: verdict.count };
  }

  apply(block: Block, mask: Uint8Array, range: Range): void {
    const { wide: isWide } = block.summary.ranges;
    const candidates = this.candidates(block);
    if (candidates === 'none') {
      mask.fill(0);
      return;
    }
    const some = candidates === 'all' ? undefined : candidates;
    const [from, to] = some ? bytesWithin(some, range) : bytesOf(block, range);
    const first = this.#finder?.find(some?.bytes ?? block.bytes(TEXT.message), from, to) ?? -1;
    const isWhole = range.to - range.from === block.count;
    if (some && this.#pattern && isWhole && block.numbers(COLUMN.messageLength).constant === 1) {
      const found = new Uint8Array(mask.length);
      const onMatch = (place: number): void => {
        found[place] = mask[place]!;
      };
      matchLines({ ...some, wide: undefined }, this.#pattern, { test: this.#test, onMatch });
      mask.set(found);
      return;
    }
    // Most false positives of the token filter end here, before the texts are located.
    if (first < 0 && !isWide) {
      mask.fill(0);
      return;
    }
    const found = new Uint8Array(mask.length);
    const spans = some ?? block.spans(TEXT.message);
    const wide = isWide ? block.kept(widePlaces, () => widePlaces(spans)) : undefined;
    if (first >= 0) this.#findFrom(first, to, spans, { mask, found, wide });
    if (wide) {
      for (let place = range.from; place < range.to; place++) {
        if (wide[place] === 1 && mask[place] === 1 && this.#test(block.textAt(TEXT.message, place))) found[place] = 1;
      }
    }
    mask.set(found);
  }

  /** The number of matching messages; undefined if some contain line feeds or bytes beyond ASCII. */
  total(block: Block): number | undefined {
    const finder = this.#finder;
    const needle = this.#needle;
    if (!finder || block.summary.ranges.wide || needle.text.includes('\n')) return undefined;
    if (block.numbers(COLUMN.messageLength).constant !== 1) return undefined;
    const candidates = this.candidates(block);
    if (candidates === 'none') return 0;
    const bytes = candidates === 'all' ? block.bytes(TEXT.message) : candidates.bytes;
    let total = 0;
    if (this.#pattern && candidates !== 'all') {
      matchLines({ ...candidates, wide: undefined }, this.#pattern, { test: this.#test, onMatch: () => total++ });
      return total;
    }
    let next = 0;
    for (let hit = finder.find(bytes, 0); hit >= 0; hit = finder.find(bytes, next)) {
      // A line feed is not a token character, so the bounds of the message need no extra check.
      const after = bytes[hit + needle.text.length]!;
      const cutsStart = needle.wholeStart && hit > 0 && TOKEN_BYTES[bytes[hit - 1]!]! > 0;
      if (cutsStart || (needle.wholeEnd && TOKEN_BYTES[after]! > 0)) {
        next = this.#afterCut(bytes, hit, cutsStart);
        continue;
      }
      const end = bytes.indexOf(LINE_FEED, hit);
      if (end < 0) throw damaged('a text does not end');
      const start = needle.exact ? hit : bytes.lastIndexOf(LINE_FEED, hit) + 1;
      if (needle.exact || this.#test(bytes.toString('latin1', start, end))) total++;
      next = end + 1;
    }
    return total;
  }

  /**
   * Marks matching places in `found`, from the first hit on, up to the byte `until`; places already decided (`mask`,
   * `wide`) are skipped.
   */
  #findFrom(first: number, until: number, spans: Spans, marks: Marks): void {
    const { mask, found, wide } = marks;
    const { bytes, starts, lengths } = spans;
    const finder = this.#finder!;
    let place = 0;
    let next = first;
    for (let hit = first; hit >= 0; hit = finder.find(bytes, next, until)) {
      place = placeAt(spans, hit, place);
      const end = starts[place]! + lengths[place]!;
      const decided = mask[place] === 0 || wide?.[place] === 1;
      if (!decided && !this.#isWhole(spans, hit, place)) {
        next = this.#afterCut(bytes, hit, this.#cutsStart(bytes, starts[place]!, hit));
        continue;
      }
      // The text is ASCII here, so Latin-1 decodes it as UTF-8 would.
      if (!decided && (this.#needle.exact || this.#test(bytes.toString('latin1', starts[place]!, end))))
        found[place] = 1;
      // A needle that begins with a line feed is also found at the end of a text: always move past it.
      next = Math.max(end, hit + 1);
    }
  }

  /**
   * Where the search goes on after a hit that cuts a token: no match begins in the rest of that
   * token, or ends before its end.
   */
  #afterCut(bytes: Buffer, hit: number, cutsStart: boolean): number {
    const { length } = this.#needle.text;
    let at = cutsStart ? hit : hit + length;
    // The line feed after each message ends its last token.
    while (TOKEN_BYTES[bytes[at]!]! > 0) at++;
    return Math.max(hit + 1, cutsStart ? at : at - length);
  }

  #cutsStart(bytes: Buffer, start: number, hit: number): boolean {
    return this.#needle.wholeStart && hit > start && TOKEN_BYTES[bytes[hit - 1]!]! > 0;
  }

  /** Whether a hit lies within its message and its ends are token boundaries if they must be. */
  #isWhole({ bytes, starts, lengths }: Spans, index: number, place: number): boolean {
    const { text, wholeEnd } = this.#needle;
    const start = starts[place]!;
    const end = start + lengths[place]!;
    const after = index + text.length;
    if (after > end) return false;
    if (this.#cutsStart(bytes, start, index)) return false;
    return !(wholeEnd && after < end && TOKEN_BYTES[bytes[after]!]! > 0);
  }
}

/** Where the messages of a range begin and end in the text of the block. */
function bytesOf(block: Block, { from, to }: Range): [from: number, to: number] {
  if (from === 0 && to === block.count) return [0, block.bytes(TEXT.message).length];
  const { starts, lengths } = block.spans(TEXT.message);
  return [starts[from]!, starts[to - 1]! + lengths[to - 1]! + 1];
}

/** Where those of some messages that are in a range begin and end in their bytes. */
function bytesWithin({ bytes, starts, lengths }: Spans, { from, to }: Range): [from: number, to: number] {
  let first = from;
  while (first < to && lengths[first]! < 0) first++;
  let last = to - 1;
  while (last > first && lengths[last]! < 0) last--;
  return first < to ? [starts[first]!, starts[last]! + lengths[last]! + 1] : [bytes.length, bytes.length];
}

import { ByteFinder } from '../../../base/byte-finder.ts';
import { globTexts } from '../../../model/glob.ts';
import { textTest } from '../../../model/matches.ts';
import { Pattern } from '../../../model/pattern.ts';
import { isTokenAt, TOKEN_BYTES } from '../../../model/tokens.ts';
import type { Block } from '../format/block.ts';
import { COLUMN, damaged, LINE_FEED, TEXT } from '../format/format.ts';
import { type Term, probeTest } from './terms.ts';
import type { Selector } from './select.ts';
import { placeAt, type Spans } from '../format/spans.ts';

const MESSAGE_COST = 10;
const HIGH_BITS = 0x80808080 | 0;
const BEYOND_ASCII = /[^\0-\x7f]/;
/** With fewer candidates than this left, each is read for itself instead of searching the text of the block. */
const FEW = 48;

/** What a leaf looks for: a folded text that every match holds, and what else must be so around it. */
type Needle = {
  readonly text: string;
  /** Finding it, with these ends, is the whole condition; else `test` has the last word. */
  readonly exact: boolean;
  readonly wholeStart: boolean;
  readonly wholeEnd: boolean;
};

/** A leaf on `message`. @throws PatternError for a pattern that is not RE2 syntax */
export function messageSelector(leaf: Term): Selector {
  if (leaf.kind === 'exists') return { cost: 0, apply: () => {} };
  const probe = probeTest(leaf);
  const test = leaf.kind === 'range' ? (message: string) => probe({ message }) : textTest(leaf);
  const needle = needleOf(leaf);
  const search = needle.text === '' ? undefined : new NeedleSearch(needle, test);
  return {
    cost: MESSAGE_COST,
    apply(block, mask) {
      let left = 0;
      for (let place = 0; place < mask.length; place++) left += mask[place]!;
      if (search && left > FEW) search.apply(block, mask);
      else
        for (let place = 0; place < mask.length; place++) {
          if (mask[place] === 1 && !test(block.textAt(TEXT.message, place))) mask[place] = 0;
        }
    },
    ...(search && { total: (block) => search.total(block) }),
  };
}

function needleOf(leaf: Term): Needle {
  const free = { wholeStart: false, wholeEnd: false };
  switch (leaf.kind) {
    case 'word':
      return { text: leaf.token, exact: true, ...wholeEnds(leaf.token) };
    case 'phrase':
      return { text: leaf.text, exact: true, ...wholeEnds(leaf.text, leaf.open) };
    case 'substring':
      return { text: leaf.text, exact: true, ...free };
    case 'equals':
      return { text: leaf.value, exact: false, ...free };
    case 'glob':
      return { text: longest(globTexts(leaf.glob)), exact: false, ...free };
    case 'pattern':
      return { text: new Pattern(leaf.source, { ignoreCase: leaf.ignoreCase }).literal, exact: false, ...free };
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

/**
 * Looks for a needle in the bytes of a whole block. A message that is ASCII can hold an ASCII needle only byte by byte,
 * in either case, and no other needle at all; messages that hold more than ASCII are tested one by one.
 */
class NeedleSearch {
  readonly #needle: Needle;
  readonly #test: (text: string) => boolean;
  /** Undefined where the needle is no ASCII. */
  readonly #finder: ByteFinder | undefined;

  constructor(needle: Needle, test: (text: string) => boolean) {
    this.#needle = needle;
    this.#test = test;
    this.#finder = BEYOND_ASCII.test(needle.text) ? undefined : new ByteFinder(needle.text);
  }

  apply(block: Block, mask: Uint8Array): void {
    const { wide: isWide } = block.summary.ranges;
    const first = this.#finder?.find(block.bytes(TEXT.message), 0) ?? -1;
    // Most blocks that only seemed to hold the needle end here, before their texts are told apart.
    if (first < 0 && !isWide) {
      mask.fill(0);
      return;
    }
    const found = new Uint8Array(mask.length);
    const spans = block.spans(TEXT.message);
    const wide = isWide ? widePlaces(spans) : undefined;
    if (first >= 0) this.#findFrom(first, { spans, mask, found, wide });
    if (wide) {
      for (let place = 0; place < mask.length; place++) {
        if (wide[place] === 1 && mask[place] === 1 && this.#test(block.textAt(TEXT.message, place))) found[place] = 1;
      }
    }
    mask.set(found);
  }

  /** How many messages match; undefined where they do not all end at their line feed, or hold more than ASCII. */
  total(block: Block): number | undefined {
    const finder = this.#finder;
    const needle = this.#needle;
    if (!finder || block.summary.ranges.wide || needle.text.includes('\n')) return undefined;
    if (block.numbers(COLUMN.messageLength).constant !== 1) return undefined;
    const bytes = block.bytes(TEXT.message);
    let total = 0;
    let next = 0;
    for (let hit = finder.find(bytes, 0); hit >= 0; hit = finder.find(bytes, next)) {
      next = hit + 1;
      // A line feed is in no token: it needs no look at where the message begins and ends.
      const after = bytes[hit + needle.text.length]!;
      if (needle.wholeStart && hit > 0 && TOKEN_BYTES[bytes[hit - 1]!]! > 0) continue;
      if (needle.wholeEnd && TOKEN_BYTES[after]! > 0) continue;
      const end = bytes.indexOf(LINE_FEED, hit);
      if (end < 0) throw damaged('a text does not end');
      const start = needle.exact ? hit : bytes.lastIndexOf(LINE_FEED, hit) + 1;
      if (needle.exact || this.#test(bytes.toString('latin1', start, end))) total++;
      next = end + 1;
    }
    return total;
  }

  #findFrom(
    first: number,
    of: { spans: Spans; mask: Uint8Array; found: Uint8Array; wide: Uint8Array | undefined },
  ): void {
    const { spans, mask, found, wide } = of;
    const { bytes, starts, lengths } = spans;
    const finder = this.#finder!;
    let place = 0;
    let next = first;
    for (let hit = first; hit >= 0; hit = finder.find(bytes, next)) {
      place = placeAt(spans, hit, place);
      const end = starts[place]! + lengths[place]!;
      const decided = mask[place] === 0 || wide?.[place] === 1;
      if (!decided && !this.#stands(spans, hit, place)) {
        next = hit + 1;
        continue;
      }
      // The text is ASCII here, so Latin-1 reads it as UTF-8 would.
      if (!decided && (this.#needle.exact || this.#test(bytes.toString('latin1', starts[place]!, end))))
        found[place] = 1;
      // A needle that begins with a line feed is found at the end of a text, too: go on behind it in any case.
      next = Math.max(end, hit + 1);
    }
  }

  /** Whether a hit lies within its message and cuts no token that must be whole. */
  #stands({ bytes, starts, lengths }: Spans, index: number, place: number): boolean {
    const { text, wholeStart, wholeEnd } = this.#needle;
    const start = starts[place]!;
    const end = start + lengths[place]!;
    const after = index + text.length;
    if (after > end) return false;
    if (wholeStart && index > start && TOKEN_BYTES[bytes[index - 1]!]! > 0) return false;
    return !(wholeEnd && after < end && TOKEN_BYTES[bytes[after]!]! > 0);
  }
}

/** Marks the places whose text is more than ASCII. */
function widePlaces(spans: Spans): Uint8Array {
  const { bytes, starts, lengths } = spans;
  const wide = new Uint8Array(starts.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let place = 0;
  for (let at = 0; at < bytes.length; ) {
    const high = at + 4 <= bytes.length ? view.getInt32(at, true) & HIGH_BITS : bytes[at]! & 128;
    if (high === 0) at += at + 4 <= bytes.length ? 4 : 1;
    else {
      // The lowest high bit is that of the first such byte.
      place = placeAt(spans, at + ((31 - Math.clz32(high & -high)) >> 3), place);
      wide[place] = 1;
      at = starts[place]! + lengths[place]!;
    }
  }
  return wide;
}

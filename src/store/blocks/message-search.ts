import { globTexts } from '../../model/glob.ts';
import { textTest } from '../../model/matches.ts';
import { Pattern } from '../../model/pattern.ts';
import { isTokenAt, TOKEN_BYTES } from '../../model/tokens.ts';
import type { Block, Spans } from './block.ts';
import { TEXT } from './format.ts';
import { type Leaf, probeTest } from './leaves.ts';
import type { Selector } from './select.ts';

const MESSAGE_COST = 10;
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
export function messageSelector(leaf: Leaf): Selector {
  if (leaf.kind === 'exists') return { cost: 0, apply: () => {} };
  const probe = probeTest(leaf);
  const test = leaf.kind === 'range' ? (message: string) => probe({ message }) : textTest(leaf);
  const needle = needleOf(leaf);
  const search = needle.text === '' ? undefined : new Search(needle, test);
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
  };
}

function needleOf(leaf: Leaf): Needle {
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
 * Looks for a needle in the text of a whole block, read as Latin-1: a character a byte, so that positions are bytes. A
 * message that is ASCII can hold an ASCII needle only byte by byte, in either case, and no other needle at all; messages
 * that hold more than ASCII are few, and each is tested for itself.
 */
class Search {
  readonly #needle: Needle;
  readonly #test: (text: string) => boolean;
  /** Undefined where the needle is no ASCII. */
  readonly #find: RegExp | undefined;

  constructor(needle: Needle, test: (text: string) => boolean) {
    this.#needle = needle;
    this.#test = test;
    const source = needle.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    this.#find = BEYOND_ASCII.test(needle.text) ? undefined : new RegExp(source, 'gi');
  }

  apply(block: Block, mask: Uint8Array): void {
    const found = new Uint8Array(mask.length);
    const spans = block.spans(TEXT.message);
    const text = block.summary.ranges.wide || this.#find ? spans.bytes.toString('latin1') : '';
    const wide = block.summary.ranges.wide ? wideRows(text, spans) : undefined;
    if (this.#find) this.#findIn(text, { spans, mask, found, wide });
    if (wide) {
      for (let place = 0; place < mask.length; place++) {
        if (wide[place] === 1 && mask[place] === 1 && this.#test(block.textAt(TEXT.message, place))) found[place] = 1;
      }
    }
    mask.set(found);
  }

  #findIn(text: string, of: { spans: Spans; mask: Uint8Array; found: Uint8Array; wide: Uint8Array | undefined }): void {
    const { spans, mask, found, wide } = of;
    const { exact } = this.#needle;
    const find = this.#find!;
    let place = 0;
    find.lastIndex = 0;
    for (let hit = find.exec(text); hit; hit = find.exec(text)) {
      place = placeAt(spans, hit.index, place);
      const end = spans.starts[place]! + spans.lengths[place]!;
      const decided = mask[place] === 0 || wide?.[place] === 1;
      if (!decided && !this.#stands(spans, hit.index, place)) {
        find.lastIndex = hit.index + 1;
        continue;
      }
      if (!decided && (exact || this.#test(text.slice(spans.starts[place]!, end)))) found[place] = 1;
      find.lastIndex = end;
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

/** The place, `from` or later, whose text or line feed has a byte. */
function placeAt({ starts, lengths }: Spans, index: number, from: number): number {
  let place = from;
  while (lengths[place]! < 0 || index > starts[place]! + lengths[place]!) place++;
  return place;
}

/** Marks the places whose text is more than ASCII. */
function wideRows(text: string, spans: Spans): Uint8Array {
  const wide = new Uint8Array(spans.starts.length);
  const beyond = /[^\0-\x7f]/g;
  let place = 0;
  for (let hit = beyond.exec(text); hit; hit = beyond.exec(text)) {
    place = placeAt(spans, hit.index, place);
    wide[place] = 1;
    beyond.lastIndex = spans.starts[place]! + spans.lengths[place]!;
  }
  return wide;
}

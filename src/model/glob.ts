import { LinearSearch } from '../base/text/linear-search.ts';

/** Escapes the special characters of globs. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

/** A piece of a glob: any run of characters, any single one, or a text. */
export type GlobPiece =
  | { readonly kind: 'run' }
  | { readonly kind: 'any' }
  | { readonly kind: 'text'; readonly text: string };

/**
 * A test of whole, folded texts: `*` is any run of characters, `?` any single code point, `\` makes
 * the next one literal. Reads each character once, in a piece with `?` for each 32 of its characters.
 */
export function globMatcher(glob: string): (folded: string) => boolean {
  return segmentMatcher(segmentsOf(globPieces(glob)));
}

/** The texts between the wildcards of a glob: every matching value contains each of them. */
export function globTexts(glob: string): string[] {
  const texts = [''];
  for (const piece of globPieces(glob)) {
    if (piece.kind === 'text') texts[texts.length - 1] += piece.text;
    else texts.push('');
  }
  return texts.filter((text) => text !== '');
}

/** The pieces of a glob. */
export function globPieces(glob: string): GlobPiece[] {
  const pieces: GlobPiece[] = [];
  const characters = [...glob];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === '*') pieces.push({ kind: 'run' });
    else if (character === '?') pieces.push({ kind: 'any' });
    else if (character === '\\' && i + 1 < characters.length) pieces.push({ kind: 'text', text: characters[++i]! });
    else pieces.push({ kind: 'text', text: character });
  }
  return pieces;
}

/** Texts and single characters between two runs, as one piece of the glob. */
type Segment = {
  /** Where the first occurrence at or after `from` ends; -1 if there is none. */
  readonly findEnd: (text: string, from: number) => number;
  /** Where the segment ends if it begins at `from`; -1 if it does not. */
  readonly endAt: (text: string, from: number) => number;
  /** Code points that it matches. */
  readonly length: number;
};

/**
 * The first segment must be at the start, the last at the end, and the others follow each other as
 * early as possible.
 */
function segmentMatcher(segments: readonly Segment[]): (text: string) => boolean {
  const [first, ...rest] = segments;
  const last = rest.pop();
  return (text) => {
    let at = first!.endAt(text, 0);
    if (at < 0 || !last) return at === text.length;
    for (const segment of rest) {
      at = segment.findEnd(text, at);
      if (at < 0) return false;
    }
    const start = startOfLast(text, last.length);
    return start >= at && last.endAt(text, start) === text.length;
  };
}

/** Where the last `count` code points of a text begin; -1 if it has fewer. */
function startOfLast(text: string, count: number): number {
  let at = text.length;
  for (let left = count; left > 0; left--) {
    if (at === 0) return -1;
    at -= at > 1 && text.codePointAt(at - 2)! > 0xffff ? 2 : 1;
  }
  return at;
}

function segmentsOf(pieces: readonly GlobPiece[]): Segment[] {
  const segments: GlobPiece[][] = [[]];
  for (const piece of pieces) {
    if (piece.kind === 'run') segments.push([]);
    else segments.at(-1)!.push(piece);
  }
  return segments.map(segmentOf);
}

function segmentOf(pieces: readonly GlobPiece[]): Segment {
  const endAt = (text: string, from: number): number => {
    let at = from;
    for (const piece of pieces) {
      if (at >= text.length || (piece.kind === 'text' && !text.startsWith(piece.text, at))) return -1;
      at += piece.kind === 'text' ? piece.text.length : widthAt(text, at);
    }
    return at;
  };
  const { length } = pieces;
  if (pieces.some(({ kind }) => kind === 'any')) return { endAt, length, findEnd: bitSearch(pieces) };
  const literal = pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join('');
  const search = new LinearSearch(literal);
  const findEnd = (text: string, from: number): number => {
    const start = search.indexOf(text, from);
    return start < 0 ? -1 : start + literal.length;
  };
  return { endAt, length, findEnd };
}

/**
 * Finds a segment with `?`: bit i of `state` tells whether its first i + 1 pieces end at the current
 * character. Takes a step for each character and each 32 pieces.
 */
function bitSearch(pieces: readonly GlobPiece[]): Segment['findEnd'] {
  const words = Math.ceil(pieces.length / 32);
  const any = new Int32Array(words);
  const masks = new Map<string, Int32Array>();
  for (const [index, piece] of pieces.entries()) {
    const mask = piece.kind === 'text' ? (masks.get(piece.text) ?? new Int32Array(words)) : any;
    mask[index >> 5]! |= 1 << index;
    if (piece.kind === 'text') masks.set(piece.text, mask);
  }
  const last = pieces.length - 1;
  return (text, from) => {
    const state = new Int32Array(words);
    for (let at = from; at < text.length; ) {
      const width = widthAt(text, at);
      shift(state, any, masks.get(text.slice(at, at + width)));
      at += width;
      if ((state[last >> 5]! & (1 << last)) !== 0) return at;
    }
    return -1;
  };
}

function shift(state: Int32Array, any: Int32Array, mask: Int32Array | undefined): void {
  let carry = 1;
  for (let word = 0; word < state.length; word++) {
    const next = state[word]! >>> 31;
    state[word] = ((state[word]! << 1) | carry) & (any[word]! | (mask?.[word] ?? 0));
    carry = next;
  }
}

function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

import { fold, isTokenAt } from '../../../model/tokens.ts';

/**
 * Ranges of code points (the second excluded) that include all letters with a case, and all token
 * characters.
 */
const CASED_RANGES: readonly (readonly [number, number])[] = [
  [0, 0xd800],
  [0xe000, 0x20000],
];
const TOKEN_RANGES: readonly (readonly [number, number])[] = [
  [0, 0xd800],
  [0xe000, 0x40000],
  [0xe0000, 0xe1000],
];

let variants: Map<string, string[]> | undefined;
let tokenClassSource: string | undefined;

/** All characters that fold to the same character as this one, itself included. */
export function caseVariants(character: string): readonly string[] {
  variants ??= allVariants();
  const folded = fold(character);
  return variants.get(folded) ?? [folded];
}

/** A PCRE character class of all token characters, by our own table. */
export function tokenClass(): string {
  tokenClassSource ??= `[${tokenRanges().join('')}]`;
  return tokenClassSource;
}

function allVariants(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const character of characters(CASED_RANGES)) {
    const folded = fold(character);
    if (folded === character) continue;
    const known = found.get(folded);
    if (known) known.push(character);
    else found.set(folded, [folded, character]);
  }
  return found;
}

function tokenRanges(): string[] {
  const ranges: string[] = [];
  let first: string | undefined;
  let last = '';
  for (const character of characters(TOKEN_RANGES)) {
    if (isTokenAt(character, 0)) {
      first ??= character;
      last = character;
    } else if (first !== undefined) {
      ranges.push(first === last ? first : `${first}-${last}`);
      first = undefined;
    }
  }
  return ranges;
}

function* characters(ranges: readonly (readonly [number, number])[]): Generator<string> {
  for (const [first, end] of ranges) for (let point = first; point < end; point++) yield String.fromCodePoint(point);
}

import { fold, isTokenAt } from '../../../model/tokens.ts';

/** Code points, the second excluded, among which all letters with a case are, and all characters of tokens. */
const CASED: readonly (readonly [number, number])[] = [
  [0, 0xd800],
  [0xe000, 0x20000],
];
const TOKENS: readonly (readonly [number, number])[] = [
  [0, 0xd800],
  [0xe000, 0x40000],
  [0xe0000, 0xe1000],
];

let variants: Map<string, string[]> | undefined;
let classOfTokens: string | undefined;

/** Every character that folds as this one does, itself included. */
export function caseVariants(character: string): readonly string[] {
  variants ??= allVariants();
  const folded = fold(character);
  return variants.get(folded) ?? [folded];
}

/** A class of PCRE with every character of tokens, by our table. */
export function tokenClass(): string {
  classOfTokens ??= `[${tokenRanges().join('')}]`;
  return classOfTokens;
}

function allVariants(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const character of characters(CASED)) {
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
  for (const character of characters(TOKENS)) {
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

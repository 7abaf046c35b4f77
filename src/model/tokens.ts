/*
 * The definition of tokens and of case folding.
 *
 * A token is a maximal run of letters (L), combining marks (M), decimal digits (Nd) and `_`. Marks
 * belong to tokens because a decomposed é is a letter and a mark, and because the vowels of Hindi
 * or Thai are marks: without them, words would be cut. All other characters separate tokens,
 * including U+FFFD (from invalid UTF-8) and lone surrogates.
 *
 * Folding is Unicode's simple case folding. It works code point by code point, so it changes
 * neither the number of code points nor where tokens end. Caseless matching of RE2 and PCRE and
 * RegExp's flags `iu` do the same: K and the Kelvin sign, s and ſ, σ and ς, ß and ẞ are equal; İ
 * and ı are letters of their own (they equal i only in Turkish).
 */

/** The value of non-ASCII bytes in `TOKEN_BYTES`. */
const NOT_ASCII = 255;

/**
 * Byte → the folded byte for ASCII token characters, 0 for separators, NOT_ASCII if only decoding
 * can decide.
 */
export const TOKEN_BYTES: Uint8Array = tokenBytes();

const TOKEN = /[\p{L}\p{M}\p{Nd}_]+/gu;
const TOKEN_CHARACTER = /^[\p{L}\p{M}\p{Nd}_]/u;
const BEYOND_ASCII = /[^\0-\x7f]/;

/**
 * Code points that toLowerCase does not change, although simple folding makes each equal to the one
 * in EQUAL_TO.
 */
const NOT_LOWERED =
  '\u00b5\u017f\u0345\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1c80\u1c81\u1c82\u1c83\u1c84' +
  '\u1c85\u1c86\u1c87\u1c88\u1e9b\u1fbe\u1fd3\u1fe3\ufb05';
const EQUAL_TO =
  '\u03bcs\u03b9\u03c3\u03b2\u03b8\u03c6\u03c0\u03ba\u03c1\u03b5\u0432\u0434\u043e\u0441\u0442' +
  '\u0442\u044a\u0463\ua64b\u1e61\u03b9\u0390\u03b0\ufb06';
const NOT_LOWERED_PATTERN = new RegExp(`[${NOT_LOWERED}]`, 'g');

/** Folds the case of a text: equal for texts that differ only in case. Folding twice changes nothing. */
export function fold(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  // toLowerCase would turn İ into two code points.
  const lower = text.includes('İ')
    ? text
        .split('İ')
        .map((part) => part.toLowerCase())
        .join('İ')
    : text.toLowerCase();
  return lower.replace(NOT_LOWERED_PATTERN, (character) => EQUAL_TO[NOT_LOWERED.indexOf(character)]!);
}

/** The tokens of a text in order, folded. */
export function tokensOf(text: string): string[] {
  return fold(text).match(TOKEN) ?? [];
}

/** The tokens of a text that are also tokens of every text that contains it: not those at its ends. */
export function innerTokensOf(text: string): string[] {
  return tokensWithin(text, { start: false, end: false });
}

/** The tokens that a value must have to contain a phrase: all but those at an open side. */
export function phraseTokensOf(text: string, open?: 'start' | 'end'): string[] {
  return tokensWithin(text, { start: open !== 'start', end: open !== 'end' });
}

/**
 * Whether the code point at an index of a text (either half of a surrogate pair) belongs to a
 * token; false outside.
 */
export function isTokenAt(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit < 128) return TOKEN_BYTES[unit]! > 0;
  const second = unit >= 0xdc00 && unit <= 0xdfff;
  const point = text.codePointAt(second && index > 0 ? index - 1 : index);
  return point !== undefined && TOKEN_CHARACTER.test(String.fromCodePoint(point));
}

function tokensWithin(text: string, whole: { start: boolean; end: boolean }): string[] {
  const tokens = tokensOf(text);
  if (!whole.start && isTokenAt(text, 0)) tokens.shift();
  if (!whole.end && isTokenAt(text, text.length - 1)) tokens.pop();
  return tokens;
}

function tokenBytes(): Uint8Array {
  const table = new Uint8Array(256).fill(NOT_ASCII, 128);
  for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789_') {
    const code = character.charCodeAt(0);
    table[code] = code;
    table[character.toUpperCase().charCodeAt(0)] = code;
  }
  return table;
}

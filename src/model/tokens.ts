/*
 * The one table of tokens and of case.
 *
 * A token is a maximal run of letters (L), combining marks (M), decimal digits (Nd) and `_`. Marks belong to it because
 * a decomposed é is a letter and a mark, and because the vowels of Hindi or Thai are marks: without them a word would
 * fall to pieces. Everything else separates, U+FFFD (what invalid UTF-8 becomes) and lone surrogates included.
 *
 * Folding is Unicode's simple case folding: code point by code point, so it changes neither the number of code points
 * nor where tokens end. It is what RE2's and PCRE's caseless matching and RegExp's flags `iu` do as well: K and the
 * Kelvin sign, s and ſ, σ and ς, ß and ẞ are equal; İ and ı stay letters of their own (they equal i in Turkish only).
 */

/** The value in `TOKEN_BYTES` of bytes that are not ASCII. */
const NOT_ASCII = 255;

/** Byte → its folded byte where it is an ASCII token character, 0 where it separates, 255 where only decoding tells. */
export const TOKEN_BYTES: Uint8Array = tokenBytes();

const TOKEN = /[\p{L}\p{M}\p{Nd}_]+/gu;
const TOKEN_CHARACTER = /^[\p{L}\p{M}\p{Nd}_]/u;
const BEYOND_ASCII = /[^\0-\x7f]/;

/** Code points that toLowerCase leaves as they are, though simple folding makes each equal to the one below it. */
const LEFT_APART =
  '\u00b5\u017f\u0345\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1c80\u1c81\u1c82\u1c83\u1c84' +
  '\u1c85\u1c86\u1c87\u1c88\u1e9b\u1fbe\u1fd3\u1fe3\ufb05';
const EQUAL_TO =
  '\u03bcs\u03b9\u03c3\u03b2\u03b8\u03c6\u03c0\u03ba\u03c1\u03b5\u0432\u0434\u043e\u0441\u0442' +
  '\u0442\u044a\u0463\ua64b\u1e61\u03b9\u0390\u03b0\ufb06';
const APART = new RegExp(`[${LEFT_APART}]`, 'g');

/** The text without its case: equal for texts that differ in case only. Folding twice changes nothing. */
export function fold(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  // toLowerCase would make two code points of İ.
  const lower = text.includes('İ')
    ? text
        .split('İ')
        .map((part) => part.toLowerCase())
        .join('İ')
    : text.toLowerCase();
  return lower.replace(APART, (character) => EQUAL_TO[LEFT_APART.indexOf(character)]!);
}

/** The tokens of a text in order, folded. */
export function tokensOf(text: string): string[] {
  return fold(text).match(TOKEN) ?? [];
}

/** The tokens of a text that are whole wherever it occurs within another: not those that touch its ends. */
export function innerTokensOf(text: string): string[] {
  return tokensWithin(text, { start: false, end: false });
}

/** The tokens that a value must have to hold a phrase: all but those that touch an open side. */
export function phraseTokensOf(text: string, open?: 'start' | 'end'): string[] {
  return tokensWithin(text, { start: open !== 'start', end: open !== 'end' });
}

/** Whether the code point at an index of a text (its first half, or its second) belongs to a token; false outside. */
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

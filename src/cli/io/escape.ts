/**
 * What a terminal may act upon, or what hides or reorders text: C0 but TAB, DEL, C1, the marks and overrides of
 * bidirectional text, the line separators of Unicode.
 */
const UNSAFE = /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const UNSAFE_ALL = new RegExp(UNSAFE, 'g');
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** The text with nothing in it that a terminal acts upon: `\n`, `\x1b`, `\u202e` are written out. */
export function visible(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escaped) : text;
}

/** JSON with the same characters as `\u` escapes: it means the same and is safe to look at. */
export function visibleJson(json: string): string {
  return UNSAFE.test(json) ? json.replace(UNSAFE_ALL, (character) => `\\u${hex(character, 4)}`) : json;
}

function escaped(character: string): string {
  if (character in NAMED) return NAMED[character]!;
  return character < '\x80' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

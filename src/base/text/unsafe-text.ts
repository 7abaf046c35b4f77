/**
 * Characters that must not act where text of a log is shown. Control characters can drive a
 * terminal, marks of bidirectional text reorder a line, Unicode line separators forge a new one,
 * and invisible ones hide text. The line feed is left out here: each place treats it in its own
 * way.
 */
const UNSAFE = [
  ['\0', '\x08'], // C0 controls, except TAB and LF
  ['\x0b', '\x1f'],
  ['\x7f', '\x9f'], // DEL and C1 controls
  ['\u061c', '\u061c'], // Arabic letter mark
  ['\u200b', '\u200f'], // zero-width characters, direction marks
  ['\u2028', '\u202e'], // line and paragraph separators, direction embeddings and overrides
  ['\u2060', '\u2069'], // word joiner, invisible operators, direction isolates
  ['\ufeff', '\ufeff'], // byte order mark
  ['\ufff9', '\ufffb'], // interlinear annotations
] as const;

const CLASS = UNSAFE.map(([from, to]) => `${escaped(from)}-${escaped(to)}`).join('');

const ANY_UNSAFE = new RegExp(`[\\t\\n${CLASS}]`);

/** The unsafe characters as the inside of a character class of a regular expression; the line feed is not in it. */
export const UNSAFE_CHARACTERS = CLASS;

/** Whether a text has an unsafe character; tabs and line feeds are ones here. */
export function isUnsafe(text: string): boolean {
  return ANY_UNSAFE.test(text);
}

export type UnsafeTextOptions = {
  /** Whether a line feed is unsafe, too, or is kept as it is. */
  readonly lineFeed: 'unsafe' | 'kept';
  /** What to write for an unsafe character. */
  readonly write: (character: string) => string;
};

/** Makes a function that rewrites every unsafe character of a text and leaves all others alone. */
export function unsafeTextWriter({ lineFeed, write }: UnsafeTextOptions): (text: string) => string {
  const unsafe = new RegExp(`[${CLASS}${lineFeed === 'unsafe' ? '\\n' : ''}]`);
  const all = new RegExp(unsafe, 'g');
  // Nearly all texts are safe, and testing is cheaper than replacing nothing.
  return (text) => (unsafe.test(text) ? text.replace(all, write) : text);
}

/** `\u202e`: a character as JSON and JavaScript escape it. */
export function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

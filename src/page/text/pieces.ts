import { UNSAFE_CHARACTERS } from '../../base/text/unsafe-text.ts';

/**
 * A part of a text and how it is shown. The page never makes markup of what a message says: each piece becomes a text
 * node or a `<span>` with `textContent`.
 */
export type Piece = {
  readonly text: string;
  /** A character that would act, written out: `\x1b`. */
  readonly isEscape?: true;
  /** It is what the query looks for. */
  readonly isMatch?: true;
  /** Classes for the colours of a terminal: `ansi-1 ansi-bold`. */
  readonly colour?: string;
};

/** A sequence that sets colours (ECMA-48, SGR). Every other sequence is shown, not obeyed. */
const SGR = '\\x1b\\[[0-9;]{0,64}m';
/** Marks that stack on one letter. More than eight of them would cover the lines around. */
const MARKS = '\\p{M}{9,}';
/** Invisible letters of the plane for tags, and those that only break words or vowels. */
const HIDDEN = '\\u00ad\\u180e\\u{e0000}-\\u{e007f}';
const LONE_SURROGATE = '\\p{Surrogate}';

/** Joiners that make one picture or letter of several, and so belong to what is seen. */
const PICTURE = '\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f';
const SCRIPT = '\\p{Script=Arabic}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Tamil}\\p{Script=Sinhala}\\p{M}';
const JOIN = `(?<=[${PICTURE}])\\u200d(?=[${PICTURE}])|(?<=[${SCRIPT}])[\\u200c\\u200d](?=[${SCRIPT}])`;

const SPECIAL = new RegExp(`${SGR}|${MARKS}|(?!${JOIN})[\\n${UNSAFE_CHARACTERS}${HIDDEN}]|${LONE_SURROGATE}`, 'gu');
const PLAIN_ASCII = /^[\t\x20-\x7e]*$/;

/** Splits any text into pieces. Apart from colour sequences, nothing of it is lost. */
export function pieces(text: string, marks?: RegExp): Piece[] {
  if (PLAIN_ASCII.test(text)) return marked([{ text }], marks);
  const found: Piece[] = [];
  let style = new Set<string>();
  let end = 0;
  const add = (piece: Piece) => {
    if (piece.text !== '') found.push(style.size > 0 ? { ...piece, colour: [...style].join(' ') } : piece);
  };
  for (const { 0: special, index } of text.matchAll(SPECIAL)) {
    add({ text: text.slice(end, index) });
    end = index + special.length;
    if (special.startsWith('\x1b[')) style = nextStyle(style, special);
    else if (/^\p{M}/u.test(special)) {
      const letters = [...special];
      add({ text: letters.slice(0, 8).join('') });
      add({ text: `+${letters.length - 8} marks`, isEscape: true });
    } else add({ text: writtenOut(special), isEscape: true });
  }
  add({ text: text.slice(end) });
  return marked(found, marks);
}

/** `\n`, `\x1b`, `\u202e`, `\u{e0041}`: a character that acts, as text. */
export function writtenOut(character: string): string {
  const code = character.codePointAt(0)!;
  const known = { 0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r' }[code];
  if (known) return known;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/** The text with every character written out that would act where it is pasted. Colours are left out. */
export function plain(text: string): string {
  return pieces(text)
    .map((piece) => piece.text)
    .join('');
}

/** Finds any of these words, in any case; undefined if there are none to find. */
export function markerOf(words: readonly string[]): RegExp | undefined {
  const wanted = [...new Set(words.filter((word) => word.length > 0))].slice(0, 50);
  if (wanted.length === 0) return undefined;
  const longestFirst = wanted.sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'giu');
}

function marked(all: Piece[], marks: RegExp | undefined): Piece[] {
  if (!marks) return all;
  return all.flatMap((piece) => (piece.isEscape ? [piece] : split(piece, marks)));
}

function split(piece: Piece, marks: RegExp): Piece[] {
  const parts: Piece[] = [];
  let end = 0;
  for (const { 0: match, index } of piece.text.matchAll(marks)) {
    if (index > end) parts.push({ ...piece, text: piece.text.slice(end, index) });
    parts.push({ ...piece, text: match, isMatch: true });
    end = index + match.length;
  }
  if (end < piece.text.length || parts.length === 0) parts.push({ ...piece, text: piece.text.slice(end) });
  return parts;
}

/** The style after a colour sequence; colours of larger palettes become the nearest of sixteen, or none. */
function nextStyle(style: ReadonlySet<string>, sequence: string): Set<string> {
  const next = new Set(style);
  const codes = sequence.slice(2, -1).split(';').map(Number);
  const setColour = (kind: 'ansi-' | 'ansi-on-', colour: number | undefined) => {
    for (const name of next)
      if (name.startsWith(kind) && /\d$/.test(name) && isOn(name) === isOn(kind)) next.delete(name);
    if (colour !== undefined) next.add(`${kind}${colour}`);
  };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 0) next.clear();
    else if (code === 1) next.add('ansi-bold');
    else if (code === 4) next.add('ansi-underline');
    else if (code === 22) next.delete('ansi-bold');
    else if (code === 24) next.delete('ansi-underline');
    else if (code >= 30 && code <= 37) setColour('ansi-', code - 30);
    else if (code >= 90 && code <= 97) setColour('ansi-', code - 82);
    else if (code >= 40 && code <= 47) setColour('ansi-on-', code - 40);
    else if (code >= 100 && code <= 107) setColour('ansi-on-', code - 92);
    else if (code === 39) setColour('ansi-', undefined);
    else if (code === 49) setColour('ansi-on-', undefined);
    else if (code === 38 || code === 48) {
      const { colour, taken } = largePalette(codes.slice(at + 1));
      setColour(code === 38 ? 'ansi-' : 'ansi-on-', colour);
      at += taken;
    }
  }
  return next;
}

function isOn(name: string): boolean {
  return name.startsWith('ansi-on-');
}

/** What follows 38 or 48: `5;n` of 256 colours, or `2;r;g;b`. */
function largePalette(codes: readonly number[]): { colour: number | undefined; taken: number } {
  if (codes[0] === 5) return { colour: nearest256(codes[1] ?? 0), taken: 2 };
  if (codes[0] === 2) return { colour: nearestRgb(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), taken: 4 };
  return { colour: undefined, taken: codes.length };
}

function nearest256(index: number): number {
  if (index < 16) return Math.max(0, index);
  if (index > 231) return index < 244 ? 8 : 7;
  const steps = index - 16;
  return nearestRgb(Math.floor(steps / 36) * 51, (Math.floor(steps / 6) % 6) * 51, (steps % 6) * 51);
}

function nearestRgb(red: number, green: number, blue: number): number {
  const isBright = Math.max(red, green, blue) > 191 ? 8 : 0;
  const half = Math.max(64, Math.max(red, green, blue) / 2);
  return isBright + (red >= half ? 1 : 0) + (green >= half ? 2 : 0) + (blue >= half ? 4 : 0);
}

import { pidEnd, tagEnd } from '../bsd.ts';
import { isProgram, isSelector, mnemonicLength } from '../names.ts';
import type { ParseState } from '../parse-state.ts';

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const STAR = 0x2a;
const PERCENT = 0x25;
/** Senders cut tags at this length, some of them inside `[pid]` (RFC 3164 §4.1.3). */
const TAG_CUT = 32;
const HEX = /^[0-9A-Fa-f]+$/;
/** A text that syslogd writes instead of a tag. */
const REPEATED = /^(?:last )?message repeated /;
/** A program of two or three words, as macOS has them. */
const WORDS = /^((?=[^[]*[A-Z])[A-Za-z][\w.()-]*(?: [\w.()-]+){1,2})\[(\d{1,10})\]:/;

/** The bytes [from, to) of the arena. */
export type Span = { readonly from: number; readonly to: number };

/** A program with its process, and where the text after it begins. */
export type Tag = {
  readonly program: Span;
  readonly pid: Span | undefined;
  readonly text: number;
  readonly mnemonic: boolean;
};

export function wordOf(state: ParseState, span: Span): string {
  return state.batch.arena.toString('latin1', span.from, span.to);
}

/** Whether syslogd's `last message repeated` begins at `at`. */
export function isRepetition(state: ParseState, at: number): boolean {
  const first = state.bytes[at];
  return (first === 0x6c || first === 0x6d) && REPEATED.test(state.head(at));
}

/** Reads the program at `at` as `names.ts` defines it; undefined if the text begins there. */
export function tagAt(state: ParseState, at: number): Tag | undefined {
  const { bytes, end } = state;
  if (at >= end) return undefined;
  const first = bytes[at];
  if (first === PERCENT || first === STAR) {
    const tag = mnemonicAt(state, first === STAR ? at + 1 : at);
    if (tag !== undefined) return tag;
  }
  const name = tagEnd(bytes, at, end);
  if (name === at) return undefined;
  if (name < end && bytes[name] === SPACE && name - at !== TAG_CUT) return wordsAt(state, at);
  if (!isProgram(wordOf(state, { from: at, to: name }))) return undefined;
  if (name < end && bytes[name] === OPEN) return withPid(state, at, name);
  return plainTag(state, at, name);
}

/** Reads a mnemonic, a number in brackets (Huawei), and a colon, all but the first optional. */
function mnemonicAt(state: ParseState, at: number): Tag | undefined {
  const { bytes, end } = state;
  const length = mnemonicLength(state.head(at));
  let p = at + length;
  if (length === 0 || (p < end && bytes[p] !== SPACE && bytes[p] !== COLON && bytes[p] !== OPEN)) return undefined;
  let pid: Span | undefined;
  if (p < end && bytes[p] === OPEN) {
    const close = pidEnd(bytes, p + 1, end);
    if (close < 0) return undefined;
    pid = { from: p + 1, to: close };
    p = close + 1;
  }
  const program = { from: at, to: at + length };
  if (p + 1 < end && bytes[p] === SPACE && bytes[p + 1] === COLON) p++;
  if (p < end && bytes[p] === COLON) p++;
  return { program, pid, text: afterBlank(state, p), mnemonic: true };
}

/** Reads `name:` before a blank or the end, or a name that was cut. */
function plainTag(state: ParseState, at: number, name: number): Tag | undefined {
  const { bytes, end } = state;
  const program = { from: at, to: name };
  if (name < end && bytes[name] === COLON) {
    const next = name + 1 < end ? bytes[name + 1]! : SPACE;
    if (next !== SPACE && next !== TAB) return undefined;
    return { program, pid: undefined, text: afterBlank(state, name + 1), mnemonic: false };
  }
  if (name >= end || bytes[name] !== SPACE || name - at !== TAG_CUT) return undefined;
  if (HEX.test(wordOf(state, program))) return undefined;
  return { program, pid: undefined, text: name + 1, mnemonic: false };
}

/** Reads `name[pid]` with or without a colon, with an empty pid, or cut inside the pid. */
function withPid(state: ParseState, at: number, open: number): Tag | undefined {
  const { bytes, end } = state;
  const program = { from: at, to: open };
  let close = open + 1 < end && bytes[open + 1] === CLOSE ? open + 1 : pidEnd(bytes, open + 1, end);
  if (close >= 0) {
    const pid = close === open + 1 ? undefined : { from: open + 1, to: close };
    const after = close + 1;
    if (after < end && bytes[after] === COLON)
      return { program, pid, text: afterBlank(state, after + 1), mnemonic: false };
    if (after < end && bytes[after] !== SPACE) return undefined;
    return { program, pid, text: after + 1, mnemonic: false };
  }
  close = at + TAG_CUT;
  if (close >= end || bytes[close] !== SPACE || open >= close) return undefined;
  if (bytes.subarray(open, close).includes(SPACE)) return undefined;
  const pid = close === open + 1 ? undefined : { from: open + 1, to: close };
  return { program, pid, text: close + 1, mnemonic: false };
}

function wordsAt(state: ParseState, at: number): Tag | undefined {
  const match = WORDS.exec(state.head(at));
  if (match === null) return undefined;
  const words = match[1]!.split(' ');
  if (!words.every(isProgram) || isSelector(words[0]!)) return undefined;
  const program = { from: at, to: at + match[1]!.length };
  const pid = { from: program.to + 1, to: program.to + 1 + match[2]!.length };
  return { program, pid, text: afterBlank(state, at + match[0].length), mnemonic: false };
}

function afterBlank({ bytes, end }: ParseState, at: number): number {
  return at < end && bytes[at] === SPACE ? at + 1 : at;
}

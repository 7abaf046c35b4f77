import { isAddress, isHost, mnemonicLength } from '../names.ts';
import type { ParseState } from '../parse-state.ts';
import { isRepetition, type Span, tagAt, wordOf } from './tag.ts';

const SPACE = 0x20;
const TAB = 0x09;
const MAX_HOSTNAME = 255;
/** Older UniFi devices write name, MAC address and version in parentheses. */
const QUOTED = /^\("([\w.+-]+,[0-9a-f]{12},[\w.+-]+)"\)$/;

/** Where the word at `at` ends. */
export function wordEnd({ bytes, end }: ParseState, at: number): number {
  let p = at;
  while (p < end && bytes[p]! > SPACE) p++;
  return p;
}

/** Where the word at `at` ends before a blank; -1 if it is empty, the last one, or ends otherwise. */
export function wordBeforeBlank(state: ParseState, at: number): number {
  const to = wordEnd(state, at);
  const next = to < state.end ? state.bytes[to] : 0;
  return to > at && (next === SPACE || next === TAB) ? to : -1;
}

/**
 * Reads the host at `at` as `names.ts` defines it, and the blank after it; `host` is absent for a
 * NILVALUE. Undefined if the word is no host, or if nothing follows it: then it is the text.
 */
export function hostAt(state: ParseState, at: number): { host: Span | undefined; next: number } | undefined {
  const to = wordBeforeBlank(state, at);
  if (to < 0 || to - at > MAX_HOSTNAME + 1 || isRepetition(state, at)) return undefined;
  const word = wordOf(state, { from: at, to });
  const next = to + 1;
  if (word === '-') return { host: undefined, next };
  const bare = bareHost(state, word, next);
  if (bare === undefined) return undefined;
  const from = at + word.indexOf(bare);
  return { host: { from, to: from + bare.length }, next };
}

/** The host in a word: without brackets, quotes or a colon; undefined if there is none. */
function bareHost(state: ParseState, word: string, next: number): string | undefined {
  if (word.startsWith('[') && word.endsWith(']')) {
    const bare = word.slice(1, -1);
    // A name in brackets may be the text's, unless a program follows.
    return isAddress(bare) || (isHost(bare) && tagAt(state, next) !== undefined) ? bare : undefined;
  }
  const quoted = QUOTED.exec(word.replace(/:$/, ''))?.[1];
  if (quoted !== undefined) return quoted;
  if (isHost(word)) return word;
  if (!word.endsWith(':')) return undefined;
  const bare = word.slice(0, -1);
  if (isAddress(bare)) return bare;
  // Otherwise, the colon makes it a program.
  const named = bare.includes(',') || mnemonicLength(state.head(next).replace(/^\*/, '')) > 0;
  return named && isHost(bare) ? bare : undefined;
}

import { FACILITIES, severityCode } from '../../model/priority.ts';
import { wordBeforeBlank } from './host.ts';
import { isHost, isSelector } from '../names.ts';
import type { ParseState } from '../parse-state.ts';
import { isRepetition, type Span, type Tag, tagAt, wordOf } from './tag.ts';

const SPACE = 0x20;
/** The most words between host and program: a host again, a facility, a level. */
const MAX_WORDS = 3;
/** A UniFi device: its MAC address and version. */
const UNIFI = /^[0-9a-f]{12},[\w.+-]+$/i;

/** Program, process and text. */
export type Tail = {
  readonly program: Span | undefined;
  readonly pid: Span | undefined;
  readonly text: number;
  /** Whether the program is a mnemonic of a device. */
  readonly mnemonic: boolean;
} & WordsRead;

/** What the words between host and program say. */
type WordsRead = {
  /** The name of a device behind a relay. */
  readonly device: Span | undefined;
  /** An SD-ELEMENT for a word that has no field. */
  readonly note: string;
  /** Whether words are in no field. */
  readonly lost: boolean;
};

const NO_WORDS: WordsRead = { device: undefined, note: '', lost: false };

/** Reads what follows the host: words that devices put before the program, the program, the text. */
export function readTail(state: ParseState, at: number, host: Span | undefined): Tail {
  const none = { program: undefined, pid: undefined, text: at, mnemonic: false, ...NO_WORDS };
  if (isRepetition(state, at)) return none;
  const tag = tagAt(state, at);
  if (tag !== undefined && !isRepeated(state, tag, host)) return { ...tag, ...NO_WORDS };
  let read: WordsRead | undefined = NO_WORDS;
  let p = at;
  for (let words = 0; words < MAX_WORDS; words++) {
    const to = wordBeforeBlank(state, p);
    if (to < 0) return none;
    read = takeWord(state, read, { word: { from: p, to }, host });
    if (read === undefined) return none;
    p = to;
    while (p < state.end && state.bytes[p] === SPACE) p++;
    const found = tagAt(state, p);
    if (found !== undefined) return { ...found, ...read };
  }
  return none;
}

/** Whether a program of several words begins with the host once more. */
function isRepeated(state: ParseState, { program }: Tag, host: Span | undefined): boolean {
  const [first, second] = wordOf(state, program).split(' ');
  return second !== undefined && host !== undefined && isAgain(wordOf(state, host), first!);
}

/**
 * Takes a word that is a field of its own or repeats one: a level, a facility, the host again, a
 * device. Undefined if it is another word.
 */
export function takeWord(
  state: ParseState,
  before: WordsRead,
  { word: span, host }: { readonly word: Span; readonly host: Span | undefined },
): WordsRead | undefined {
  const word = wordOf(state, span);
  if (isSelector(word)) return { ...before, lost: before.lost || !isSaid(word, state.batch.priority[state.row]!) };
  const bare = word.endsWith(':') ? word.slice(0, -1) : word;
  if (UNIFI.test(bare)) {
    return { ...before, note: `[unifi@41112 device="${bare}"]`, lost: before.lost || before.note !== '' };
  }
  const name = host === undefined ? '' : wordOf(state, host);
  if (bare.includes(',') && isHost(bare)) {
    return {
      ...before,
      device: { from: span.from, to: span.from + bare.length },
      lost: before.lost || host !== undefined,
    };
  }
  if (name === '' || !isAgain(name, bare)) return undefined;
  return { ...before, lost: before.lost || name !== bare };
}

/** Whether a word is the host once more, with or without its domain. */
function isAgain(host: string, word: string): boolean {
  const [a, b] = [host.toLowerCase(), word.toLowerCase()];
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

/** Whether PRI says what the words for level and facility say. */
function isSaid(selector: string, priority: number): boolean {
  return selector.split(/[|.:/]/).every((word) => {
    const facility = (FACILITIES as readonly string[]).indexOf(word.toLowerCase());
    return facility >= 0 ? facility === priority >> 3 : severityCode(word) === (priority & 7);
  });
}

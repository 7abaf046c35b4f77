import { LF, NUL } from './line-ends.ts';
import { messageAt, NO_COUNT, UNDECIDED } from './header.ts';

/** The answer to a question about bytes that may not have arrived. */
export type Answer = typeof NO | typeof YES | typeof MORE;
export const NO = 0;
export const YES = 1;
/** It depends on bytes that have not arrived. */
export const MORE = 2;

const CR = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const LESS_THAN = 0x3c;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
const DIGITS = 7;
/** A position that does not exist. */
export const NONE = -1;
/** A position that depends on bytes that have not arrived. */
export const UNKNOWN = -2;
/** The shortest message without a PRI that is evidence: small numbers are frequent in texts. */
const MIN_BARE_BYTES = 8;
/** How many headers a count must lead to, one after the other. */
const HOPS = 2;

/** Bytes of a stream up to `end`, and what is asked about them. */
export type Window = {
  readonly bytes: Buffer;
  readonly end: number;
  /** What a question beyond the end is answered with: MORE, YES if the stream ends there, NO if no more can be kept. */
  readonly beyond: Answer;
  /** The largest count. */
  readonly most: number;
  /** Whether frames without a count may follow one with a count. */
  readonly lines: boolean;
};

/** A possible octet count: where its message begins and ends, and whether that begins as a message must. */
export type Header = { readonly start: number; readonly next: number; readonly message: Answer };

/** Reads a count at `at`, with leading zeros too; `NO` if it is 0 or above the largest one. */
export function headerAt(window: Window, at: number): Header | typeof NO | typeof MORE {
  const { bytes, end, most } = window;
  let count = 0;
  let stop = at;
  for (; stop < end && isDigit(bytes[stop]!); stop++) {
    if (stop - at === DIGITS) return NO;
    count = count * 10 + bytes[stop]! - ZERO;
  }
  if (stop >= end) return unknown(window);
  if (stop === at || bytes[stop] !== SPACE || count === 0 || count > most) return NO;
  return { start: stop + 1, next: stop + 1 + count, message: beginsMessage(window, stop + 1) };
}

/** Where the message behind a count that cannot be right begins: `at` if no such count is there, UNKNOWN if it is undecided. */
export function behindBadCount(window: Window, at: number): number {
  const { bytes, end } = window;
  let stop = at;
  while (stop < end && stop - at <= DIGITS && isDigit(bytes[stop]!)) stop++;
  if (stop >= end) return unknown(window) === MORE ? UNKNOWN : at;
  if (stop === at || bytes[stop] !== SPACE) return at;
  const answer = beginsMessage(window, stop + 1);
  if (answer === MORE) return UNKNOWN;
  return answer === YES ? stop + 1 : at;
}

/** Whether a message begins at `at`, maybe behind blanks or a byte order mark. */
export function beginsMessage(window: Window, at: number): Answer {
  const { bytes, end } = window;
  let from = at;
  for (const byte of BYTE_ORDER_MARK) {
    if (from < end && bytes[from] === byte) from++;
    else break;
  }
  while (from < end && bytes[from] === SPACE) from++;
  const found = messageAt(bytes, from, end);
  if (found === UNDECIDED) return unknown(window);
  return found === NO_COUNT ? NO : YES;
}

/** Whether a frame that ends at `at` is followed by what may follow it: two headers, one of them with a PRI, or the start of a line. */
export function leadsOn(window: Window, at: number, hops = HOPS, seen = false): Answer {
  const { bytes, end, beyond, lines } = window;
  let from = at;
  let newLine = lines;
  for (; from < end && isSeparator(bytes[from]!); from++) newLine ||= bytes[from] === LF;
  if (from >= end) return beyond;
  const header = headerAt(window, from);
  if (header === MORE || header === NO) return header === NO && newLine ? beginsMessage(window, from) : header;
  if (header.message === MORE) return MORE;
  const sure = seen || header.message === YES;
  if (hops === 1) return sure ? YES : NO;
  return header.message === NO && isText(window, header) ? NO : leadsOn(window, header.next, hops - 1, sure);
}

/** Whether a number without a PRI behind it is a part of a text: it is small, or counts another count. */
function isText(window: Window, { start, next }: Pick<Header, 'start' | 'next'>): boolean {
  return next - start < MIN_BARE_BYTES || holdsCount(window, start, Math.min(next, window.end));
}

/** Whether a count without a PRI behind it is followed by two more, with or without. */
function leadsOnTwice(window: Window, at: number): Answer {
  const { end, beyond } = window;
  const from = behindSeparators(window, at);
  if (from >= end) return beyond === MORE ? MORE : NO;
  const header = headerAt(window, from);
  if (header === NO || header === MORE) return header;
  return header.message === NO && isText(window, header) ? NO : leadsOn(window, header.next, 1, true);
}

/**
 * The start of the octet count that ends before the blank at `blank`. The text before it may end with digits, so the
 * fewest that lead on are the count. @returns NONE or UNKNOWN if it is not known
 */
export function countBefore(window: Window, blank: number, floor: number): number {
  const { bytes, most } = window;
  if (blank === floor || !isDigit(bytes[blank - 1]!)) return NONE;
  const message = beginsMessage(window, blank + 1);
  if (message === MORE) return UNKNOWN;
  let count = 0;
  let scale = 1;
  for (let at = blank - 1; at >= floor && blank - at <= DIGITS && isDigit(bytes[at]!); at--) {
    count += (bytes[at]! - ZERO) * scale;
    scale *= 10;
    if (count > most) break;
    if (bytes[at] === ZERO) continue;
    const answer = countLeadsOn(window, blank + 1, blank + 1 + count, message);
    if (answer !== NO) return answer === YES ? at : UNKNOWN;
  }
  return NONE;
}

/** A number in a text is no count: a message without a PRI must be one line, and complete. */
function countLeadsOn(window: Window, start: number, next: number, message: Answer): Answer {
  const { end, beyond } = window;
  if (message === NO) {
    if (lineEndsIn(window, start, next + 2) || isText(window, { start, next })) return NO;
    return next >= end && beyond !== MORE ? NO : leadsOnTwice(window, next);
  }
  return leadsOn(window, next);
}

/** Whether a count with a message behind it lies in `[from, to)`. */
export function holdsCount(window: Window, from: number, to: number): boolean {
  const { bytes } = window;
  for (let at = bytes.indexOf(LESS_THAN, from); at >= 0 && at < to; at = bytes.indexOf(LESS_THAN, at + 1)) {
    if (messageAt(bytes, at, to) !== 1) continue;
    let blank = at;
    if (blank - from > 3 && BYTE_ORDER_MARK.every((byte, index) => bytes[at - 3 + index] === byte)) blank -= 3;
    while (blank - 2 > from && bytes[blank - 1] === SPACE && bytes[blank - 2] === SPACE) blank--;
    if (blank - 2 >= from && bytes[blank - 1] === SPACE && isDigit(bytes[blank - 2]!)) return true;
  }
  return false;
}

/** Whether numbers in `[from, to)` are the counts of messages without a PRI: one leads to another, and that beyond `to`. */
export function holdsBareCounts(window: Window, from: number, to: number): boolean {
  const { bytes } = window;
  const inside: Window = { ...window, end: Math.min(to, window.end), beyond: NO };
  for (let blank = bytes.indexOf(SPACE, from + 1); blank >= 0 && blank < to; blank = bytes.indexOf(SPACE, blank + 1)) {
    for (let at = blank - 1; at >= from && blank - at <= DIGITS && isDigit(bytes[at]!); at--) {
      if (chains(inside, at, to)) return true;
    }
  }
  return false;
}

function chains(window: Window, from: number, to: number): boolean {
  let hops = 0;
  let at = from;
  while (at < to) {
    const header = headerAt(window, at);
    if (header === NO || header === MORE) return false;
    at = header.next;
    hops++;
  }
  return hops >= HOPS;
}

/** The position of the first LF in `[from, to)` behind which a message begins, or -1. */
export function lineStartIn(window: Window, from: number, to: number): number {
  const { bytes } = window;
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) {
    if (messageAt(bytes, at + 1, Math.min(to, window.end)) === 1) return at;
  }
  return -1;
}

export function lineEndsIn({ bytes, end }: Window, from: number, to: number): boolean {
  const at = bytes.indexOf(LF, from);
  return at >= 0 && at < Math.min(to, end);
}

/** The position behind the blanks and line ends at `at`, which may be the end. */
export function behindSeparators({ bytes, end }: Window, at: number): number {
  let from = at;
  while (from < end && isSeparator(bytes[from]!)) from++;
  return from;
}

export function isSeparator(byte: number): boolean {
  return byte === LF || byte === SPACE || byte === CR || byte === NUL;
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function unknown({ beyond }: Window): typeof NO | typeof MORE {
  return beyond === MORE ? MORE : NO;
}

import {
  behindBadCount,
  beginsMessage,
  countBefore,
  type Header,
  headerAt,
  behindSeparators,
  holdsBareCounts,
  holdsCount,
  isDigit,
  leadsOn,
  lineEndsIn,
  lineStartIn,
  MORE,
  NO,
  NONE,
  UNKNOWN,
  type Window,
  YES,
} from './evidence.ts';
import { belongsToEnd, LF, NUL } from './line-ends.ts';

const SPACE = 0x20;

/** How the last frame of a stream was found, which decides how the next one is read. */
export type Mode = typeof START | typeof LINES | typeof COUNTED | typeof LOST | typeof TAIL;
/** Nothing has been found yet. */
export const START = 0;
/** The last frame was a line. */
export const LINES = 1;
/** The last frame had an octet count. */
export const COUNTED = 2;
/** A count was wrong, and the next one has not been found. */
const LOST = 3;
/** The same; what comes now belongs to a message that was cut at the maximum. */
const TAIL = 4;

/** What a frame is, as far as its bytes and those behind it tell. */
export type Decision =
  /** It depends on more bytes: at least `need` from its start on. */
  | { readonly kind: 'more'; readonly need: number }
  /** It is a line, which ends where lines end. */
  | { readonly kind: 'line' }
  /** It is `[from, to)`; the next frame begins at `next`. */
  | ({ readonly kind: 'counted'; readonly bare: boolean } & Stretch)
  /** `[from, to)` was passed over; it is a whole line if `line`. The next frame begins at `next` and is read in `mode`. */
  | ({ readonly kind: 'passed'; readonly line: boolean; readonly cut: boolean; readonly mode: Mode } & Stretch)
  /** The stream ended within a counted frame. */
  | { readonly kind: 'unfinished' };
type Stretch = { readonly from: number; readonly to: number; readonly next: number };

export type Doubt = Window & {
  readonly mode: Mode;
  /** Longest frame, bytes. */
  readonly max: number;
  /** Whether every frame has a count. */
  readonly octet: boolean;
  /** Whether a message without a PRI has come with a count. */
  readonly bare: boolean;
  /** Whether NUL ends a line. */
  readonly nul: boolean;
};

const LINE = { kind: 'line' } as const;

/**
 * Decides what begins at `at`, which is no separator. More bytes never change a decision, only `more` into another one, so
 * that the frames of a stream do not depend on how it is split.
 */
export function decide(doubt: Doubt, at: number): Decision {
  const { mode, end, max, octet } = doubt;
  if (mode === TAIL) return passOver(doubt, at, at);
  const header = headerAt(doubt, at);
  if (header === MORE || (header !== NO && header.message === MORE)) return more(at, end + 1);
  if (mode === START || mode === LINES) {
    if (header === NO && !octet) return mode === START ? openingLine(doubt, at) : LINE;
    if (header === NO) return passOverCount(doubt, at);
    if (header.message === NO && !octet) return mode === START ? openingFrame(doubt, at, header) : LINE;
  }
  if (header === NO) return passOverCount(doubt, at);
  return header.next - header.start > max ? longFrame(doubt, at, header) : countedFrame(doubt, at, header);
}

/** A frame above the maximum, where every frame has a count: the count is believed, and the frame is cut. */
function longFrame({ end, beyond, max }: Doubt, at: number, { start, next }: Header): Decision {
  const to = start + max;
  if (to > end) return beyond === MORE ? more(at, to) : { kind: 'unfinished' };
  return { kind: 'counted', bare: false, from: start, to: next, next: to };
}

/**
 * The first bytes of a stream are a count without a PRI behind it. They are one only if it leads to two more and no line ends
 * in between: else a line that begins with a number would be cut.
 */
function openingFrame(doubt: Doubt, at: number, first: Header): Decision {
  const { end, beyond } = doubt;
  let header = first;
  for (let hops = 0; hops < 2; hops++) {
    if (lineEndsIn(doubt, header.start, header.next + 1)) return LINE;
    const from = behindSeparators(doubt, header.next);
    if (from >= end) {
      if (beyond === MORE) return more(at, end + 1);
      return hops > 0 && header.next <= end ? frame(first) : LINE;
    }
    const next = headerAt(doubt, from);
    if (next === MORE || (next !== NO && next.message === MORE)) return more(at, end + 1);
    if (next === NO) return openingLine(doubt, at);
    header = next;
  }
  return frame(first);
}

/** The first bytes of a stream are a number. It begins a line, unless counts that lead on follow before that ends. */
function openingLine(doubt: Doubt, at: number): Decision {
  const decision = passOverCount(doubt, at);
  const isLine = decision.kind === 'passed' && decision.mode !== COUNTED;
  return isLine ? LINE : decision;
}

function countedFrame(doubt: Doubt, at: number, header: Header): Decision {
  const { end, beyond, mode } = doubt;
  const { start, next } = header;
  const line = doubt.lines ? lineStartIn(doubt, start, Math.min(next, end)) : NONE;
  if (line >= 0 && mode === LINES) return LINE;
  if (next > end) {
    if (beyond === MORE) return more(at, next);
    const broken = brokenFrame(doubt, header, end);
    return broken.kind === 'unfinished' && doubt.lines && lineEndsIn(doubt, start, end) ? LINE : broken;
  }
  if (!isDoubtful(doubt, header)) return frame(header);
  const answer = leadsOn(doubt, next);
  if (answer === MORE) return more(at, Math.max(end, next) + 1);
  if (answer === YES) return frame(header);
  const broken = brokenFrame(doubt, header, next);
  if (broken.kind === 'more') return more(at, end + 1);
  if (broken.kind !== 'unfinished') return broken;
  return doubt.lines && lineEndsIn(doubt, start, next - 1) ? lineOrFrame(doubt, at, header) : frame(header);
}

/** Lines have come, and may go on: a count is wrong if no other follows before the next line ends. */
function lineOrFrame(doubt: Doubt, at: number, header: Header): Decision {
  const rest = passOver(doubt, at, header.next);
  if (rest.kind === 'passed') return rest.mode === COUNTED ? frame(header) : LINE;
  return rest;
}

/** Whether the content of a complete frame looks as if its count were wrong. */
function isDoubtful(doubt: Doubt, { start, next, message }: Header): boolean {
  const { bare } = doubt;
  if (holdsCount(doubt, start + 1, next) || lineStartIn(doubt, start, next) >= 0) return true;
  if (doubt.lines && lineEndsIn(doubt, start, next - 1)) return true;
  return (message === NO || bare) && holdsBareCounts(doubt, start + 1, next);
}

/** The frame of a count that is wrong ends before the next count in it, or with the line. */
function brokenFrame(doubt: Doubt, { start }: Header, to: number): Decision {
  const { bytes, lines } = doubt;
  const newLine = lineStartIn(doubt, start, to);
  for (let at = start + 1; at < to; at++) {
    if (at === newLine) return lines ? LINE : passed(doubt, { from: start, to: at, next: at + 1 }, LOST);
    if (bytes[at] !== SPACE) continue;
    const count = countBefore(doubt, at, start + 1);
    if (count === UNKNOWN) return more(start, doubt.end + 1);
    if (count !== NONE) return passed(doubt, { from: start, to: count, next: count }, COUNTED);
  }
  return { kind: 'unfinished' };
}

function passOverCount(doubt: Doubt, at: number): Decision {
  const from = behindBadCount(doubt, at);
  return from === UNKNOWN ? more(at, doubt.end + 1) : passOver(doubt, at, from);
}

/**
 * What begins at `from` has no valid count. Looks for the next count that leads on, or the end of the line; a stretch
 * longer than the maximum is cut, and its tail skipped.
 */
function passOver(doubt: Doubt, at: number, from: number): Decision {
  const { bytes, end, beyond, max, mode, nul } = doubt;
  const stop = Math.min(end, from + max + 1);
  for (let position = from; position < stop; position++) {
    const byte = bytes[position]!;
    if (byte === LF || (byte === NUL && nul)) return lineEnd(doubt, at, from, position);
    if (byte !== SPACE || position === from || !isDigit(bytes[position - 1]!)) continue;
    const count = countBefore(doubt, position, from);
    if (count === UNKNOWN) return more(at, end + 1);
    if (count !== NONE) return passed(doubt, { from, to: count, next: count }, COUNTED);
  }
  if (stop === from + max + 1) {
    const cut = { from, to: from + max, next: from + max };
    return { ...passed(doubt, cut, TAIL), cut: mode !== TAIL };
  }
  if (beyond === MORE) return more(at, end + 1);
  return passed(doubt, { from, to: end, next: end }, mode);
}

function lineEnd(doubt: Doubt, at: number, from: number, position: number): Decision {
  const { bytes, mode, octet } = doubt;
  const to = position > from && belongsToEnd(bytes[position - 1], bytes[position]!) ? position - 1 : position;
  const stretch = { from, to, next: position + 1 };
  const isLine = !octet && from === at && beginsMessage(doubt, from) === YES;
  if (isLine && (mode === COUNTED || mode === LOST)) {
    return { kind: 'passed', ...stretch, line: mode === COUNTED, cut: false, mode: LINES };
  }
  return passed(doubt, stretch, LOST);
}

type Passed = Extract<Decision, { kind: 'passed' }>;

/** In the tail of a cut message nothing is handed over. */
function passed({ mode }: Doubt, { from, to, next }: Stretch, nextMode: Mode): Passed {
  const kept = mode === TAIL ? from : to;
  return { kind: 'passed', from, to: kept, next, line: false, cut: false, mode: nextMode };
}

function frame({ start, next, message }: Header): Decision {
  return { kind: 'counted', bare: message === NO, from: start, to: next, next };
}

function more(at: number, need: number): Decision {
  return { kind: 'more', need: need - at };
}

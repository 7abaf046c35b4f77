import { BIT } from './bits.ts';
import { monthAt } from './calendar.ts';
import type { ParseState } from './parse-state.ts';

const LOWER_A = 0x61;
const LOWER_Z = 0x7a;

/**
 * A BSD stamp with the variations of devices: a year before or after the time, one digit for the
 * day, a fraction or a lone point, a zone as a word before a colon or as an offset, a colon at the
 * end.
 */
const STAMP =
  /^(?:((?:19|20)\d\d) {1,2})?([A-Za-z]{3}) {1,4}(\d{1,2})(?:,? ((?:19|20)\d\d))? {1,4}(\d{1,2}):(\d\d):(\d\d)([.,]\d{0,12})?(?: ((?:19|20)\d\d)(?= |: |:?$))?(?: (?:([A-Z]{1,5})(?=:)|([+-])(\d\d):?(\d\d)(?=[ :]|$)))?/;

/** Zone words, in minutes east of UTC; null if a word means different zones in different countries. */
const ZONE_WORDS: Readonly<Record<string, number | null>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  JST: 540,
  KST: 540,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  BST: null,
  CST: null,
  IST: null,
};

/**
 * Reads any stamp at `at` into `state.stamps`: RFC 3339, BSD, or BSD with the variations of
 * devices. A Cisco device whose clock is not set writes `*` or `.` before it. @returns the index
 * after the stamp; -1 if there is none
 */
export function readAnyStamp(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  const first = at < end ? bytes[at]! : 0;
  const unsynced = first === 0x2a || first === 0x2e;
  const from = unsynced ? at + 1 : at;
  let p = stamps.iso(state, from);
  if (p < 0) p = readPlain(state, from);
  if (p < 0) p = readVariation(state, from);
  if (p >= 0 && p < end && bytes[p] !== 0x20 && bytes[p] !== 0x3a) return -1;
  if (p >= 0 && unsynced) stamps.flags |= BIT.clockNotSynced;
  return p;
}

/** Reads a BSD stamp that no fraction, year or zone can follow; cheaper than `readVariation`. */
function readPlain(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  const after = at + 16;
  if (after >= end || bytes[after - 1] !== 0x20 || bytes[after]! < LOWER_A || bytes[after]! > LOWER_Z) return -1;
  return stamps.bsd(state, at);
}

function readVariation(state: ParseState, at: number): number {
  const { stamps } = state;
  const match = STAMP.exec(state.head(at));
  if (match === null) return -1;
  const [whole, before, , day, after, hour, minute, second, fraction, last, word, sign] = match;
  const month = monthAt(state.bytes, at + (before === undefined ? 0 : whole.search(/[A-Za-z]/)));
  const year = before ?? after ?? last;
  if (month < 0) return -1;
  const known = stamps.parts(state, {
    year: year === undefined ? undefined : Number(year),
    month,
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    offset: sign === undefined ? (ZONE_WORDS[word ?? ''] ?? undefined) : offsetOf(sign, match),
  });
  if (!known) return -1;
  if (fraction !== undefined && fraction.length > 1 && (stamps.flags & BIT.noTimestamp) === 0) {
    const point = at + whole.indexOf(fraction, whole.indexOf(':'));
    stamps.fraction(state.bytes, point, point + fraction.length);
  }
  const end = at + whole.length;
  // A word that is not a zone is a tag, unless a Cisco tag follows it.
  const isTag = word !== undefined && !Object.hasOwn(ZONE_WORDS, word) && !state.head(end).startsWith(': %');
  return isTag ? end - word.length - 1 : end;
}

function offsetOf(sign: string, match: RegExpExecArray): number | undefined {
  const hours = Number(match[12]);
  const minutes = Number(match[13]);
  if (hours > 18 || minutes > 59) return undefined;
  return sign === '-' ? -(hours * 60 + minutes) || 0 : hours * 60 + minutes;
}

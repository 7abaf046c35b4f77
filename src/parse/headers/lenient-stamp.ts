import { BIT } from '../bits.ts';
import { monthAt } from '../calendar.ts';
import type { ParseState } from '../parse-state.ts';
import { zoneAfter } from './stamp-zone.ts';

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const DOT = 0x2e;
const SLASH = 0x2f;
const PERCENT = 0x25;
const PLUS = 0x2b;
const MINUS = 0x2d;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
/** The most digits of a fraction that `readFraction` reads. */
const MAX_DIGITS = 12;

/** A weekday, as in ctime(3); a year before the month, after the day, or neither. */
const MONTH_FIRST =
  /^(?:(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat),? {1,2})?(?:(?<y1>(?:19|20)\d\d) {1,2})?(?<mon>[A-Za-z]{3}) {1,4}(?<d>\d{1,2})(?:,? (?<y2>(?:19|20)\d\d))? {1,4}(?<h>\d{1,2}):(?<m>\d\d):(?<s>\d\d)(?!\d)/;
/** `29 Nov 2026 18:01:31`, with blanks or dashes. */
const DAY_FIRST =
  /^(?<d>\d{1,2})[ -](?<mon>[A-Za-z]{3})[ -](?<y1>(?:19|20)\d\d)[ :](?<h>\d\d):(?<m>\d\d):(?<s>\d\d)(?!\d)/;
/** RFC 3339 to the minute or with other marks, and Sophos: `2026:11:29-18:01:31`. */
const YEAR_FIRST =
  /^(?<y1>(?:19|20)\d\d)(?<mark>[-/:.])(?<n>\d\d)\k<mark>(?<d>\d\d)[Tt _-](?<h>\d\d):(?<m>\d\d)(?::(?<s>\d\d))?(?![\d:])/;
/** NetScaler: day or month first. */
const SLASHED = /^(?<a>\d\d)\/(?<b>\d\d)\/(?<y1>(?:19|20)\d\d)[: ](?<h>\d\d):(?<m>\d\d):(?<s>\d\d)(?!\d)/;
/** Meraki: seconds since 1970 with a fraction. */
const EPOCH = /^(\d{9,10})\.(\d{1,9})(?=[ \t])/;
/**
 * A fraction or a lone point before or after AM or PM; a second one is a counter (Huawei). Comware
 * writes a colon before it, and the year after it.
 */
const FRACTION =
  /^(?<f1>[.,]\d{0,12}|:\d{3}(?= (?:19|20)\d\d[ \t]))?(?:\.\d{1,3}(?!\d))?(?: ?(?<half>[AaPp][Mm])(?![A-Za-z]))?(?<f2>[.,]\d{1,12})?/;

/**
 * Reads any stamp at `at` into `state.stamps`: RFC 3339, BSD, or a form of devices. A Cisco device
 * whose clock is not set writes `*` or `.` before it. @returns the index after the stamp and its
 * zone; -1 if there is none. `ofDevice`: other parts of a network device's header came before it
 */
export function readAnyStamp(state: ParseState, at: number, ofDevice = false): number {
  const { bytes, end, stamps } = state;
  const first = at < end ? bytes[at]! : 0;
  const unsynced = first === 0x2a || first === 0x2e;
  const from = unsynced ? at + 1 : at;
  let p = readIso(state, from);
  if (p < 0) p = readPlain(state, from);
  if (p < 0) p = readFraction(state, from);
  if (p < 0) p = readVariation(state, from, unsynced || ofDevice);
  if (p >= 0 && p < end && !endsStamp(bytes, p)) return -1;
  if (p >= 0 && unsynced) stamps.flags |= BIT.clockNotSynced;
  return p;
}

/** Whether a stamp can end before `at`: before a blank, a colon, or a mnemonic (`UTC%SYS-5-RESTART`). */
function endsStamp(bytes: Uint8Array, at: number): boolean {
  const next = bytes[at];
  if (next === SPACE || next === COLON || next === TAB) return true;
  return next === PERCENT && bytes[at + 1]! >= 0x41 && bytes[at + 1]! <= 0x5a;
}

/** Reads an RFC 3339 stamp, unless a part of it follows that `readVariation` must read. */
function readIso(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  const p = stamps.iso(state, at);
  if (p < 0 || p >= end) return p;
  if (bytes[p] !== SPACE) return bytes[p] === COLON || bytes[p] === TAB ? p : -1;
  const next = p + 1 < end ? bytes[p + 1]! : 0;
  const zoned = (stamps.flags & BIT.tzAssumed) === 0;
  return zoned || !(next === PLUS || next === MINUS || (next >= 0x41 && next <= 0x5a)) ? p : -1;
}

/** Reads a BSD stamp that no fraction, year or zone can follow; cheaper than `readVariation`. */
function readPlain(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  const after = at + 16;
  if (after >= end || bytes[after - 1] !== SPACE) return -1;
  let p = after;
  while (p < end && p < after + 7 && bytes[p]! >= LOWER_A && bytes[p]! <= LOWER_Z) p++;
  // A short word before a colon may be a zone.
  if (p === after || p >= end || bytes[p] === COLON || bytes[p] === SPACE) return -1;
  return stamps.bsd(state, at);
}

/** Reads a BSD stamp with a fraction and a colon, as Cisco's; cheaper than `readVariation`. */
function readFraction(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  const point = at + 15;
  if (point + 2 >= end || bytes[point] !== DOT) return -1;
  let p = point + 1;
  while (p < end && p < point + MAX_DIGITS && bytes[p]! >= 0x30 && bytes[p]! <= 0x39) p++;
  if (p === point + 1 || p >= end || bytes[p] !== COLON) return -1;
  if (stamps.bsd(state, at) < 0 || (stamps.flags & BIT.noTimestamp) !== 0) return -1;
  stamps.fraction(bytes, point, p);
  return p;
}

/** The form that a stamp at `at` can have, by its first marks: most texts have none. */
function formAt({ bytes, end }: ParseState, at: number): RegExp | undefined {
  if (at + 14 >= end) return undefined;
  const letters = (p: number) => (bytes[p]! | SPACE) >= LOWER_A && (bytes[p]! | SPACE) <= LOWER_Z;
  if (letters(at)) return letters(at + 2) ? MONTH_FIRST : undefined;
  if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return undefined;
  if (letters(at + 2) || letters(at + 3)) return DAY_FIRST;
  if (bytes[at + 2] === SLASH) return SLASHED;
  if (bytes[at + 4] === SPACE) return MONTH_FIRST;
  const point = bytes[at + 9] === DOT || bytes[at + 10] === DOT;
  return point && bytes[at + 4]! >= 0x30 && bytes[at + 4]! <= 0x39 ? EPOCH : YEAR_FIRST;
}

type Groups = Record<string, string | undefined>;

function readVariation(state: ParseState, at: number, ofDevice: boolean): number {
  const form = formAt(state, at);
  if (form === undefined) return -1;
  const head = state.head(at);
  if (form === EPOCH) return readEpoch(state, at, head);
  const match = form.exec(head);
  if (match === null) return -1;
  const parts = match.groups as Groups;
  const after = match[0].length;
  const fraction = FRACTION.exec(head.slice(after))!;
  const { f1, f2, half } = fraction.groups as Groups;
  const fractionEnd = after + fraction[0].length;
  const own = parts['y1'] ?? parts['y2'];
  const certain = ofDevice || (f1 ?? f2) !== undefined;
  const zone = zoneAfter(head, fractionEnd, { certain, dated: own !== undefined });
  const year = own ?? zone.year;
  const hour = hourOf(Number(parts['h']), half);
  if (hour < 0) return -1;
  const known = {
    year: year === undefined ? undefined : Number(year),
    day: Number(parts['d']),
    hour,
    minute: Number(parts['m']),
    second: Number(parts['s'] ?? 0),
    offset: zone.offset,
  };
  if (!setDay(state, at, parts, known)) return -1;
  addFraction(state, at + after, f1 ?? f2, head.slice(after));
  return at + zone.end;
}

/** The hour of a day of 24; -1 if it does not fit AM or PM. */
function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return hour > 23 ? -1 : hour;
  return (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

type Known = {
  readonly year: number | undefined;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly offset: number | undefined;
};

/** Sets the stamp. @returns false if there is no such day or time */
function setDay(state: ParseState, at: number, parts: Groups, known: Known): boolean {
  const { stamps, bytes } = state;
  if (parts['mon'] !== undefined) {
    const month = monthAt(Buffer.from(parts['mon'], 'latin1'), 0);
    return month >= 0 && stamps.parts(state, { ...known, month });
  }
  if (parts['n'] !== undefined) {
    const month = Number(parts['n']) - 1;
    return month >= 0 && month < 12 && stamps.parts(state, { ...known, month });
  }
  return setSlashed(state, Number(parts['a']), Number(parts['b']), known) && bytes[at] !== undefined;
}

/** Of a day that is a day either way, the one nearer to the arrival counts. */
function setSlashed(state: ParseState, a: number, b: number, known: Known): boolean {
  const { stamps, receivedAt } = state;
  const set = (month: number, day: number) => month <= 12 && stamps.parts(state, { ...known, month: month - 1, day });
  if (a > 12 || b > 12 || a === b || a === 0 || b === 0) return a > 12 ? set(b, a) : a > 0 && set(a, b);
  if (!set(b, a)) return set(a, b);
  const dayFirst = Math.abs(stamps.ms - receivedAt);
  if (!set(a, b)) return set(b, a);
  const swapped = Math.abs(stamps.ms - receivedAt) > dayFirst;
  if (swapped) set(b, a);
  // Which number is the month was guessed.
  stamps.flags |= BIT.yearGuessed;
  return true;
}

function addFraction(state: ParseState, at: number, fraction: string | undefined, text: string): void {
  const { stamps } = state;
  if (fraction === undefined || fraction.length < 2 || (stamps.flags & BIT.noTimestamp) !== 0) return;
  const point = at + text.indexOf(fraction);
  stamps.fraction(state.bytes, point, point + fraction.length);
}

function readEpoch(state: ParseState, at: number, head: string): number {
  const match = EPOCH.exec(head);
  if (match === null) return -1;
  const date = new Date(Number(match[1]) * 1000);
  const known = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    offset: 0,
  };
  if (!state.stamps.parts(state, known)) return -1;
  state.stamps.fraction(state.bytes, at + match[1]!.length, at + match[0].length);
  return at + match[0].length;
}

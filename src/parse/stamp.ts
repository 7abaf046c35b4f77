import { NOT_SENT } from '../model/batch.ts';
import { BIT } from './bits.ts';
import { dayStart, daysIn, isoDay, monthAt, secondsOf, twoDigits } from './calendar.ts';
import { DAY, HOUR, MINUTE } from '../base/units.ts';
import { fixedZone, type Zone } from '../base/zone.ts';

const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const SPACE = 0x20;
/** What a stamp is read from. */
export type StampInput = {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the text ends. */
  readonly end: number;
  /** The arrival of the frame, ms. */
  readonly receivedAt: number;
  /** The zone of stamps that have none. */
  zone(): Zone;
};

/**
 * RFC 3164 stamps have no year: the latest year counts that puts the time at most this far after
 * the arrival.
 */
const MAX_FUTURE = DAY;

/**
 * Reads stamps byte by byte. It remembers the day of the last RFC 3339 stamp and the minute of the
 * last BSD stamp, because the next line mostly has the same.
 */
export class StampReader {
  /**
   * The result of the last successful read: ms since 1970, microseconds below them, minutes east of
   * UTC, flags.
   */
  ms = 0;
  us = NOT_SENT;
  offset = NOT_SENT;
  flags = 0;

  /** Day of the last RFC 3339 stamp: its ten bytes, and its start in ms. */
  #isoA = 0;
  #isoB = 0;
  #isoC = 0;
  #isoDay = Number.NaN;

  /**
   * Minute of the last BSD stamp: its twelve bytes, its instant, and the arrivals [from, to) for
   * which that holds.
   */
  #bsdA = 0;
  #bsdB = 0;
  #bsdC = 0;
  #bsdZone: unknown;
  #minute = 0;
  #from = 0;
  #to = 0;

  /**
   * Reads an RFC 3339 stamp (RFC 5424 §6.2.3) and its variations: a space or `t` instead of `T`,
   * more than six digits of a second, an offset without colon, no offset (then `zone()` and the
   * flag `tz_assumed`), a leap second.
   * @returns the index after it; -1 if it is not such a stamp
   */
  iso(input: StampInput, at: number): number {
    const { bytes, view, end } = input;
    if (end - at < 19) return -1;
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt16(at + 8, true);
    if (a !== this.#isoA || b !== this.#isoB || c !== this.#isoC) {
      const day = isoDay(bytes, at);
      if (Number.isNaN(day)) return -1;
      this.#isoA = a;
      this.#isoB = b;
      this.#isoC = c;
      this.#isoDay = day;
    }
    const separator = bytes[at + 10]!;
    if (separator !== 0x54 && separator !== SPACE && separator !== 0x74) return -1;
    const seconds = secondsOf(bytes, at + 11);
    if (seconds < 0) return -1;
    this.ms = this.#isoDay + seconds * 1000;
    // RFC 5424 §6.2.3 has no leap second: it counts as the second after it, and the frame is kept.
    this.flags = bytes[at + 17] === 0x36 ? BIT.parseError : 0;
    this.us = NOT_SENT;
    return this.#zoneAfter(input, this.fraction(bytes, at + 19, end));
  }

  /** Adds a fraction at `at`, `.` or `,` and digits, to `ms` and `us`. @returns the index after it */
  fraction(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || (bytes[at] !== DOT && bytes[at] !== COMMA)) return at;
    let digits = 0;
    let value = 0;
    let p = at + 1;
    for (; p < end; p++) {
      const digit = bytes[p]! - 48;
      if (digit < 0 || digit > 9) break;
      // Digits after the sixth are dropped.
      if (digits < 6) value = value * 10 + digit;
      digits++;
    }
    if (digits <= 3) {
      this.ms += digits === 3 ? value : digits === 2 ? value * 10 : value * 100;
    } else {
      for (let missing = digits; missing < 6; missing++) value *= 10;
      this.ms += (value / 1000) | 0;
      this.us = value % 1000;
    }
    return p;
  }

  /** Reads the offset of an RFC 3339 stamp, and turns `ms` from local time into UTC. */
  #zoneAfter(input: StampInput, at: number): number {
    const { bytes, end } = input;
    const sign = at < end ? bytes[at]! : SPACE;
    if (sign === 0x5a || sign === 0x7a) {
      this.offset = 0;
      return at + 1;
    }
    if (sign !== PLUS && sign !== MINUS) {
      this.offset = NOT_SENT;
      this.flags |= BIT.tzAssumed;
      this.ms = input.zone().utcOf(this.ms, input.receivedAt);
      return at;
    }
    const colon = at + 3 < end && bytes[at + 3] === COLON ? 1 : 0;
    if (at + 5 + colon > end) return -1;
    const hours = twoDigits(bytes, at + 1);
    const minutes = twoDigits(bytes, at + 3 + colon);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return -1;
    this.offset = sign === MINUS ? -(hours * 60 + minutes) || 0 : hours * 60 + minutes;
    this.ms -= this.offset * MINUTE;
    return at + 5 + colon;
  }

  /**
   * Reads exactly `Mmm dd hh:mm:ss` (RFC 3164 §4.1.2; the month in any case), with `zone()` and the
   * year that fits the arrival best. @returns the index after it; -1 if it is not such a stamp
   */
  bsd(input: StampInput, at: number): number {
    const { bytes, view, end, receivedAt } = input;
    if (end - at < 15 || bytes[at + 12] !== COLON) return -1;
    const second = twoDigits(bytes, at + 13);
    if (second < 0 || second > 60) return -1;
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const zone = input.zone();
    const same = a === this.#bsdA && b === this.#bsdB && c === this.#bsdC && zone === this.#bsdZone;
    if (!same || receivedAt < this.#from || receivedAt >= this.#to) {
      this.#to = this.#from;
      const wall = bsdMinute(bytes, at);
      if (wall === undefined) return -1;
      if (!this.#chooseYear(receivedAt, wall, zone)) return this.#impossible(receivedAt, at + 15);
      this.#bsdA = a;
      this.#bsdB = b;
      this.#bsdC = c;
      this.#bsdZone = zone;
    }
    this.ms = this.#minute + second * 1000;
    this.us = NOT_SENT;
    this.offset = NOT_SENT;
    this.flags = BIT.yearGuessed | BIT.tzAssumed;
    return at + 15;
  }

  /**
   * Sets the parts of a stamp that was read elsewhere. Without a year, it takes the one that fits
   * the arrival best; without an offset, `zone()`. @returns false if the day or the time does not
   * exist
   */
  parts(input: StampInput, stamp: StampParts): boolean {
    const { receivedAt } = input;
    const named = stamp.offset !== undefined;
    const zone = stamp.offset !== undefined ? fixedZone(stamp.offset * MINUTE) : input.zone();
    const leap = stamp.year ?? LEAP_YEAR;
    if (stamp.day < 1 || stamp.day > daysIn(leap, stamp.month)) return false;
    if (stamp.hour > 23 || stamp.minute > 59 || stamp.second > 60) return false;
    if (stamp.year !== undefined) {
      this.ms = zone.utcOf(localOf(stamp.year, stamp), receivedAt) + stamp.second * 1000;
      this.flags = 0;
    } else {
      const possible = this.#chooseYear(receivedAt, stamp, zone);
      // This overwrites what `bsd` remembers, which must not be used for another minute.
      this.#to = this.#from;
      if (!possible) return this.#impossible(receivedAt, 1) > 0;
      this.ms = this.#minute + stamp.second * 1000;
      this.flags = BIT.yearGuessed;
    }
    if (!named) this.flags |= BIT.tzAssumed;
    this.us = NOT_SENT;
    this.offset = stamp.offset ?? NOT_SENT;
    return true;
  }

  /**
   * February 29 in a year without one: the sender's clock is wrong, so the arrival counts. @returns
   * `at`
   */
  #impossible(receivedAt: number, at: number): number {
    this.ms = receivedAt;
    this.us = NOT_SENT;
    this.offset = NOT_SENT;
    this.flags = BIT.noTimestamp | BIT.clockSkew;
    return at;
  }

  /** Sets the minute in the latest year that puts it at most MAX_FUTURE after arrival. */
  #chooseYear(receivedAt: number, wall: WallMinute, zone: Zone): boolean {
    let year = new Date(receivedAt + 2 * MAX_FUTURE).getUTCFullYear();
    let local = localOf(year, wall);
    let utc = zone.utcOf(local, receivedAt);
    // From about a year later on, the next year fits better: 364 days is a safe lower bound.
    let next = utc + 364 * DAY;
    let twice = zone.isTwice(local);
    while (utc > receivedAt + MAX_FUTURE) {
      next = utc;
      local = localOf(--year, wall);
      utc = zone.utcOf(local, receivedAt);
      twice ||= zone.isTwice(local);
    }
    if (wall.day > daysIn(year, wall.month)) return false;
    this.#minute = utc;
    // The arrival decides between the two occurrences of an hour: the result holds for this arrival
    // only.
    this.#from = twice ? receivedAt : utc - MAX_FUTURE;
    this.#to = twice ? receivedAt + 1 : next - MAX_FUTURE;
    return true;
  }
}

/** A stamp that was read, to be kept while another is tried. */
export type Stamp = { readonly ms: number; readonly us: number; readonly offset: number; readonly flags: number };

export function stampOf({ ms, us, offset, flags }: StampReader): Stamp {
  return { ms, us, offset, flags };
}

/** A minute of wall time without its year; the month counts from 0. */
export type WallMinute = {
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
};

/** The parts of a stamp; `offset` is in minutes east of UTC. */
export type StampParts = WallMinute & {
  readonly year: number | undefined;
  readonly second: number;
  readonly offset: number | undefined;
};

function localOf(year: number, wall: WallMinute): number {
  return dayStart(year, wall.month, wall.day) + wall.hour * HOUR + wall.minute * MINUTE;
}

/**
 * Reads `Mmm dd hh:mm`; a single digit of the day has a space or a zero before it. Undefined if it
 * is not a minute.
 */
function bsdMinute(bytes: Uint8Array, at: number): WallMinute | undefined {
  const month = monthAt(bytes, at);
  const day = bytes[at + 4] === SPACE ? oneDigit(bytes[at + 5]!) : twoDigits(bytes, at + 4);
  const hour = twoDigits(bytes, at + 7);
  const minute = twoDigits(bytes, at + 10);
  if (month < 0 || day < 1 || day > daysIn(LEAP_YEAR, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59) {
    return undefined;
  }
  if (bytes[at + 3] !== SPACE || bytes[at + 6] !== SPACE || bytes[at + 9] !== COLON) return undefined;
  return { month, day, hour, minute };
}

/** The value of a digit; -1 if the byte is not a digit. */
function oneDigit(byte: number): number {
  return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;
}

const LEAP_YEAR = 2000;

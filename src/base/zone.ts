import { DAY, MINUTE } from './units.ts';

/**
 * The offsets of a time zone. Times are in ms; a `local` time is what the wall clock shows, written
 * as if it were UTC.
 */
export interface Zone {
  /** ms east of UTC at an instant. */
  offsetAt(utc: number): number;
  /**
   * The instant at which the wall clock shows `local`. If it shows it twice (clocks go back), the
   * instant nearest to `near`; if it never does (clocks go forward), the time is read with the
   * offset that held before the change.
   */
  utcOf(local: number, near: number): number;
  /** Whether the wall clock shows `local` twice. */
  isTwice(local: number): boolean;
}

/**
 * Changes are looked up for these years; an instant outside takes the nearest one. Bounds what a
 * zone remembers.
 */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2099;
/** No zone changes its offset twice within this time, ms. */
const STEP = 3 * DAY;

const known = new Map<string, Zone>();

/**
 * Whether a text names a time zone: an IANA name in any case (`Europe/Berlin`, `UTC`), a fixed
 * offset of less than a day (`+02:00`, `-0530`, `+02`), or `Z`. What this accepts, every part of
 * the server accepts.
 */
export function isZone(name: string): boolean {
  return known.has(name) || makeZone(name) !== undefined;
}

/** The zone of a name that `isZone` accepts, otherwise UTC; undefined means the zone of this machine. */
export function zoneNamed(name: string | undefined): Zone {
  if (name === undefined) return LOCAL;
  const found = known.get(name);
  if (found) return found;
  const made = makeZone(name);
  if (!made) return UTC;
  known.set(name, made);
  return made;
}

/**
 * ms east of UTC at an instant in a zone, see `zoneNamed`. Offsets are remembered: a call costs a
 * look-up or two.
 */
export function offsetAt(utc: number, name: string | undefined): number {
  return zoneNamed(name).offsetAt(utc);
}

/** A zone that always has the same offset, in ms east of UTC. */
export function fixedZone(offset: number): Zone {
  return { offsetAt: () => offset, utcOf: (local) => local - offset, isTwice: () => false };
}

function makeZone(name: string): Zone | undefined {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(name) ?? [];
  if (sign !== undefined) {
    if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
    const size = (Number(hours) * 60 + Number(minutes)) * MINUTE;
    return fixedZone(sign === '-' ? -size || 0 : size);
  }
  if (/^(z|utc|gmt|etc\/utc)$/i.test(name)) return UTC;
  try {
    return new NamedZone(name);
  } catch {
    return undefined;
  }
}

/** A zone whose offset changes; subclasses know the offsets. */
abstract class ChangingZone implements Zone {
  abstract offsetAt(utc: number): number;

  utcOf(local: number, near: number): number {
    const before = local - this.offsetAt(local - DAY);
    const after = local - this.offsetAt(local + DAY);
    if (before === after) return before;
    const holdsBefore = this.offsetAt(before) === local - before;
    const holdsAfter = this.offsetAt(after) === local - after;
    if (holdsBefore && holdsAfter) return Math.abs(before - near) <= Math.abs(after - near) ? before : after;
    return holdsAfter ? after : before;
  }

  isTwice(local: number): boolean {
    const before = local - this.offsetAt(local - DAY);
    const after = local - this.offsetAt(local + DAY);
    return before !== after && this.offsetAt(before) === local - before && this.offsetAt(after) === local - after;
  }
}

/** The zone of this machine, which `Date` knows already. */
class LocalZone extends ChangingZone {
  override offsetAt(utc: number): number {
    // Subtracted from 0, since the negative of 0 is -0.
    return 0 - new Date(utc).getTimezoneOffset() * MINUTE;
  }
}

/** From `at` on, the offset is `offset` ms. */
type Change = { readonly at: number; readonly offset: number };

/**
 * A zone of the IANA database, as `Intl` knows it. Asking `Intl` is slow, so each year's changes
 * are asked for once.
 */
class NamedZone extends ChangingZone {
  readonly #format: Intl.DateTimeFormat;
  /** For a year in UTC: the offset at its start, then each change within it. */
  readonly #years = new Map<number, readonly Change[]>();
  /**
   * From `#from` to below `#to`, the offset is `#offset`: consecutive calls mostly ask about the
   * same time.
   */
  #from = 0;
  #to = 0;
  #offset = 0;

  /** @throws RangeError if `Intl` does not know the name */
  constructor(name: string) {
    super();
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  override offsetAt(utc: number): number {
    if (utc < this.#from || utc >= this.#to) this.#find(utc);
    return this.#offset;
  }

  /** Sets `#offset` to the offset at `utc`, and `#from` and `#to` to the time in which it holds. */
  #find(utc: number): void {
    const year = Math.min(LAST_YEAR, Math.max(FIRST_YEAR, new Date(utc).getUTCFullYear()));
    let changes = this.#years.get(year);
    if (changes === undefined) {
      changes = this.#changesOf(year);
      this.#years.set(year, changes);
    }
    let index = changes.length - 1;
    while (index > 0 && changes[index]!.at > utc) index--;
    this.#offset = changes[index]!.offset;
    this.#from = Math.min(utc, changes[index]!.at);
    this.#to = changes[index + 1]?.at ?? Math.max(utc + 1, Date.UTC(year + 1, 0, 1));
  }

  #changesOf(year: number): Change[] {
    const start = Date.UTC(year, 0, 1);
    const end = Date.UTC(year + 1, 0, 1);
    let offset = this.#ask(start);
    const changes: Change[] = [{ at: start, offset }];
    for (let at = start; at < end; at += STEP) {
      const next = Math.min(at + STEP, end);
      const later = this.#ask(next);
      if (later === offset) continue;
      const change = this.#search(at, next);
      if (change < end) changes.push({ at: change, offset: later });
      offset = later;
    }
    return changes;
  }

  /** The first minute in (low, high] that has the offset of `high`. */
  #search(low: number, high: number): number {
    const target = this.#ask(high);
    let before = low / MINUTE;
    let after = high / MINUTE;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#ask(middle * MINUTE) === target) after = middle;
      else before = middle;
    }
    return after * MINUTE;
  }

  /** The offset at an instant, from `Intl`. */
  #ask(utc: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(utc)) part[type] = Number(value);
    const { year, month, day, hour, minute, second } = part as Record<
      'year' | 'month' | 'day' | 'hour' | 'minute' | 'second',
      number
    >;
    return Date.UTC(year, month - 1, day, hour, minute, second) - utc;
  }
}

const UTC = fixedZone(0);
const LOCAL = new LocalZone();

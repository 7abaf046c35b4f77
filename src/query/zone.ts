import { offsetAt, zoneNamed } from '../base/zone.ts';
import { DAY } from '../base/units.ts';

/** A calendar day and time of day without a zone; fields may overflow as in `Date.UTC` (month from 0). */
export type Wall = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** ms since midnight. */
  readonly time: number;
};

/** What a clock in the zone (the machine's own where undefined) shows at an instant. */
export function wallAt(ms: number, zone: string | undefined): Wall {
  const shown = ms + offsetAt(ms, zone);
  const date = new Date(shown);
  const time = shown - Math.floor(shown / DAY) * DAY;
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), time };
}

/**
 * The instant at which a clock in the zone shows this. Where it shows it twice (autumn) the first time; where it never
 * does (spring), as if the clock had not been put forward.
 */
export function instantOf(wall: Wall, zone: string | undefined): number {
  return zoneNamed(zone).utcOf(utcOf(wall), -Infinity);
}

/** The instant that a clock in UTC shows so. */
export function utcOf({ year, month, day, time }: Wall): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime() + time;
}

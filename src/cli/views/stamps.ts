import { isoTime } from '../../base/text/iso-time.ts';
import { DAY, MINUTE, SECOND } from '../../base/units.ts';
import { offsetReader, type ZoneName } from '../args/zone.ts';

/** Writes instants for people, in one zone. Times are ms. */
export type Stamps = {
  /** `Nov 22 16:20:01`. */
  short(ms: number): string;
  /** `2026-11-22 16:20:01`. */
  seconds(ms: number): string;
  /** `2026-11-22T16:20:01.123+01:00`. */
  iso(ms: number): string;
  /** `2026-11-22`, `11-22 16:20` or `11-22 16:20:01`: as exact as needed to tell buckets of `step` ms apart. */
  bucket(ms: number, step: number): string;
};

/** The range of `Date` on either side of 1970, ms: a forged timestamp at its edge must not throw. */
const LIMIT = 8.64e15;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @throws CordwoodError ERR_USAGE if the zone is unknown */
export function stampsIn(zone: ZoneName): Stamps {
  const offsetAt = offsetReader(zone);
  const wall = (ms: number): Date => new Date(clamped(ms + offsetAt(ms)));
  // Consecutive lines often share a second, and formatting it is most of the cost of a line.
  let second = Number.NaN;
  let text = '';
  return {
    short(ms) {
      const at = Math.floor(ms / SECOND);
      if (at === second) return text;
      const date = wall(ms);
      const day = String(date.getUTCDate()).padStart(2);
      second = at;
      text = `${MONTHS[date.getUTCMonth()]} ${day} ${date.toISOString().slice(-13, -5)}`;
      return text;
    },
    seconds(ms) {
      return wall(ms).toISOString().slice(0, -5).replace('T', ' ');
    },
    iso(ms) {
      const offset = offsetAt(ms);
      return isoTime(clamped(ms + offset)).slice(0, -1) + offsetText(offset);
    },
    bucket(ms, step) {
      const iso = wall(ms).toISOString();
      if (step % DAY === 0) return iso.slice(0, 10);
      if (step % MINUTE === 0) return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
      return `${iso.slice(5, 10)} ${iso.slice(11, step % SECOND === 0 ? 19 : 23)}`;
    },
  };
}

function clamped(ms: number): number {
  return Math.min(Math.max(ms, -LIMIT), LIMIT);
}

function offsetText(offset: number): string {
  if (offset === 0) return '+00:00';
  const minutes = Math.round(Math.abs(offset) / MINUTE);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

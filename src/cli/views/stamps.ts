import { offsetReader, type ZoneName } from '../args/zone.ts';

/** Writes instants for people, in one zone. Times are ms. */
export type Stamps = {
  /** `Nov 22 16:20:01`. */
  short(ms: number): string;
  /** `2026-11-22T16:20:01.123+01:00`. */
  iso(ms: number): string;
  /** `2026-11-22`, `11-22 16:20` or `11-22 16:20:01`: what tells buckets of `step` ms apart. */
  bucket(ms: number, step: number): string;
};

/** What `Date` holds on either side of 1970: a forged stamp at its edge must not throw. */
const LIMIT = 8.64e15;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @throws CordwoodError ERR_USAGE for an unknown zone */
export function stampsIn(zone: ZoneName): Stamps {
  const offsetAt = offsetReader(zone);
  const wall = (ms: number): Date => new Date(Math.min(Math.max(ms + offsetAt(ms), -LIMIT), LIMIT));
  // Lines come in runs of the same second: its text is most of what a line costs.
  let second = Number.NaN;
  let text = '';
  return {
    short(ms) {
      const at = Math.floor(ms / 1000);
      if (at === second) return text;
      const date = wall(ms);
      const day = String(date.getUTCDate()).padStart(2);
      second = at;
      text = `${MONTHS[date.getUTCMonth()]} ${day} ${date.toISOString().slice(-13, -5)}`;
      return text;
    },
    iso(ms) {
      return wall(ms).toISOString().slice(0, -1) + offsetText(offsetAt(ms));
    },
    bucket(ms, step) {
      const iso = wall(ms).toISOString();
      if (step % 86_400_000 === 0) return iso.slice(0, 10);
      if (step % 60_000 === 0) return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
      return `${iso.slice(5, 10)} ${iso.slice(11, step % 1000 === 0 ? 19 : 23)}`;
    },
  };
}

function offsetText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

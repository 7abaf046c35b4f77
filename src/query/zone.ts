/** A calendar day and time of day without a zone; fields may overflow as in `Date.UTC` (month from 0). */
export type Wall = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** ms since midnight. */
  readonly time: number;
};

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a text names a zone, e.g. `Europe/Berlin` or `UTC`. */
export function isZone(text: string): boolean {
  try {
    return /^[A-Za-z]/.test(text) && formatOf(text) !== undefined;
  } catch {
    return false;
  }
}

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
  const utc = utcOf(wall);
  // Zones change their offset at most once within two days.
  const before = utc - offsetAt(utc - DAY, zone);
  if (before + offsetAt(before, zone) === utc) return before;
  const after = utc - offsetAt(utc + DAY, zone);
  return after + offsetAt(after, zone) === utc ? after : before;
}

/** The instant that a clock in UTC shows so. */
export function utcOf({ year, month, day, time }: Wall): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime() + time;
}

/** ms to add to UTC for the time in a zone at an instant. */
export function offsetAt(ms: number, zone: string | undefined): number {
  if (zone === undefined) return -new Date(ms).getTimezoneOffset() * 60_000;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts as Record<
    'year' | 'month' | 'day' | 'hour' | 'minute' | 'second',
    number
  >;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = 'numeric' as const;
  const format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-hc-h23', {
    timeZone: zone,
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
  });
  formats.set(zone, format);
  return format;
}

/** Times as people read them. All are ms since 1970 and shown in a named zone; `''` is the browser's. */

const QUARTER = 900_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** The zone's name, or undefined if the browser does not know it. */
export function knownZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** ms east of UTC. Offsets change at quarters of an hour only, so each quarter is computed once. */
export function offsetAt(ms: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const quarter = Math.floor(ms / QUARTER) * QUARTER;
  const key = `${zone} ${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size > 5000) offsets.clear();
  const offset = computedOffset(quarter, zone);
  offsets.set(key, offset);
  return offset;
}

function computedOffset(ms: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year, month, day, hour, minute, second] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map(
    (name) => parts.get(name) ?? 0,
  );
  return Date.UTC(year!, month! - 1, day!, hour! % 24, minute!, second!) - Math.floor(ms / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const digits = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    const options = { ...digits, second: 'numeric', hourCycle: 'h23', timeZone: knownZone(zone) ?? 'UTC' } as const;
    format = new Intl.DateTimeFormat('en-US', options);
    formats.set(zone, format);
  }
  return format;
}

/** `2026-11-22T13:58:07.102` on the zone's clock. */
function local(ms: number, zone: string): string {
  return new Date(ms + offsetAt(ms, zone)).toISOString().slice(0, 23);
}

/** `13:58:07.102` */
export function clock(ms: number, zone: string): string {
  return local(ms, zone).slice(11);
}

/** `2026-11-22` */
export function date(ms: number, zone: string): string {
  return local(ms, zone).slice(0, 10);
}

/** `2026-11-22 13:58:07.102` */
export function dateAndClock(ms: number, zone: string): string {
  return local(ms, zone).replace('T', ' ');
}

/** `2026-11-22 13:58`, with seconds if they are not 0; today's date is left out. */
export function shortTime(ms: number, zone: string, now: number): string {
  const text = local(ms, zone);
  const time = ms % MINUTE === 0 ? text.slice(11, 16) : text.slice(11, 19);
  return date(now, zone) === text.slice(0, 10) ? time : `${text.slice(0, 10)} ${time}`;
}

/** RFC 3339 with the zone's offset, as the API and the command line read it. */
export function rfc3339(ms: number, zone: string): string {
  return `${local(ms, zone)}${offsetLabel(ms, zone)}`;
}

/** `+01:00` */
export function offsetLabel(ms: number, zone: string): string {
  const minutes = Math.round(offsetAt(ms, zone) / MINUTE);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

const UNITS = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [1000, 's'],
  [1, 'ms'],
] as const;

/** `2 h 5 min`: a length of time in at most two units, without a sign. */
export function span(ms: number): string {
  const length = Math.abs(Math.round(ms));
  const first = UNITS.findIndex(([size]) => length >= size);
  if (first < 0) return '0 s';
  const [size, name] = UNITS[first]!;
  const [nextSize, nextName] = UNITS[first + 1] ?? [0, ''];
  const rest = nextSize ? Math.floor((length % size) / nextSize) : 0;
  const isWorth = rest > 0 && nextName !== 'ms';
  return `${Math.floor(length / size)} ${name}${isWorth ? ` ${rest} ${nextName}` : ''}`;
}

/** `3 h ago` */
export function ago(ms: number, now: number): string {
  return now - ms < 1000 ? 'now' : `${span(now - ms)} ago`;
}

import { isZone } from '../base/zone.ts';
import { CordwoodError } from '../base/errors.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../base/units.ts';
import { inUsualForm } from './time-forms.ts';
import { instantOf, utcOf, type Wall, wallAt } from './zone.ts';

/** What the meaning of a typed time depends on. */
export type TimeContext = {
  /** ms. */
  readonly now: number;
  /** IANA name; undefined means the machine's own zone. */
  readonly zone?: string | undefined;
};

/** The span of a typed time: `2026-11-22` is a day, `18:17` a minute; ms, `to` excluded. If `exact`, both are the same ms. */
export type Span = { readonly from: number; readonly to: number; readonly exact: boolean };

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
/** Each unit by its names. */
const UNIT_NAMES = new Map(
  Object.entries({
    ms: ['ms', 'msec'],
    s: ['s', 'sec', 'secs', 'second', 'seconds'],
    m: ['m', 'min', 'mins', 'minute', 'minutes'],
    h: ['h', 'hr', 'hrs', 'hour', 'hours'],
    d: ['d', 'day', 'days'],
    w: ['w', 'week', 'weeks'],
  }).flatMap(([unit, names]) => names.map((name) => [name, UNITS[unit]!] as const)),
);
const DAYS: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };
/** The range of `Date` on either side of 1970, ms. */
const LIMIT = 8.64e15;
const MAX_LENGTH = 100;

/**
 * Reads a typed time, ms: `2026-11-22 16:20:01.123`, `2026-11-22`, `Nov 22 16:20:01`, `16:20` (today), `yesterday`, `today 16:20`, `now`, `-1h`,
 * `1h30m` (ago), `30 min ago`, `+5m`, `now-1h`, RFC 3339, `@1790000000.5`, bare seconds since 1970.
 * @throws CordwoodError (ERR_USAGE) that lists the accepted forms
 */
export function parseTime(text: string, context: TimeContext): number {
  return parseSpan(text, context).from;
}

/** Reads a typed time as a span. @throws CordwoodError as `parseTime` */
export function parseSpan(text: string, context: TimeContext): Span {
  if (context.zone !== undefined && !isZone(context.zone)) {
    throw new CordwoodError(
      'ERR_USAGE',
      `cannot read the time zone "${context.zone}": write a name such as Europe/Berlin or UTC`,
    );
  }
  const trimmed = inUsualForm(text.slice(0, MAX_LENGTH).trim());
  const span = relative(trimmed, context) ?? epoch(trimmed) ?? calendar(trimmed, context);
  if (span && text.length <= MAX_LENGTH && Math.abs(span.from) <= LIMIT) return span;
  throw new CordwoodError(
    'ERR_USAGE',
    `cannot read the time "${text}": write 2026-11-22 16:20[:01], 2026-11-22, Nov 22 16:20:01, 16:20, today, yesterday, now, -1h, 30m, ` +
      '2026-11-22T16:20:01Z or @1790000000',
  );
}

/** Writes a time as `2026-11-22 16:20:01.123 +01:00`, the form of `short-full`; `parseTime` reads the same ms. */
export function formatFull(ms: number, zone?: string): string {
  const wall = wallAt(ms, zone);
  const offset = Math.round((utcOf(wall) - ms) / MINUTE);
  const shown = new Date(ms + offset * MINUTE).toISOString();
  const [sign, minutes] = offset < 0 ? ['-', -offset] : ['+', offset];
  return `${shown.slice(0, -14)} ${shown.slice(-13, -1)} ${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function relative(text: string, { now }: TimeContext): Span | undefined {
  const match = /^(?:(now)|(now)?\s*([+-])?\s*((?:\d+(?:\.\d+)?\s*[a-z]+\s*?)+?)(\s+ago)?)$/i.exec(text);
  if (!match) return undefined;
  const [, plain, base, sign, amount, ago] = match;
  if (plain) return exactly(now);
  if ((base && !sign) || (ago && sign)) return undefined;
  let ms = 0;
  for (const [, count, unit] of amount!.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const size = UNIT_NAMES.get(unit!.toLowerCase());
    if (size === undefined) return undefined;
    ms += Number(count) * size;
  }
  return exactly(now + (sign === '+' ? 1 : -1) * Math.round(ms));
}

function epoch(text: string): Span | undefined {
  const seconds = /^(?:@(-?\d+(?:\.\d+)?)|(\d{9,10}(?:\.\d+)?))$/.exec(text);
  if (seconds) return exactly(Math.floor(Number((Number(seconds[1] ?? seconds[2]) * 1000).toFixed(3))));
  return /^\d{13}$/.test(text) ? exactly(Number(text)) : undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = `(?:${MONTHS.join('|')})[a-z]{0,6}\\.?`;
const CALENDAR = new RegExp(
  '^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\\s+)?' +
    '(?:(?<word>yesterday|today|tomorrow)|(?<year>\\d{4})-(?<month>\\d{1,2})-(?<day>\\d{1,2})|' +
    `(?<name>${MONTH})\\s+(?<day>\\d{1,2})|(?<day>\\d{1,2})\\s+(?<name>${MONTH})(?:\\s+(?<year>\\d{4}))?)?` +
    '(?:(?:^|[Tt]|\\s+)(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?)?)?' +
    // ctime has the year last; a `~` behind the time is what `-o short` shows of a clock that is off.
    '~?(?:\\s+(?<last>(?:19|20|21)\\d{2}))?' +
    '\\s*(?<zone>z|[+-]\\d{2}(?::?\\d{2})?|(?<=\\s)[a-z][a-z0-9_+/-]*)?$',
  'i',
);

function calendar(text: string, context: TimeContext): Span | undefined {
  const found = CALENDAR.exec(text)?.groups;
  if (!found || (!found['word'] && !found['day'] && !found['hour'])) return undefined;
  if (found['last'] && (!found['name'] || found['year'])) return undefined;
  const zone = zoneOf(found['zone'], context.zone);
  const date = dateOf(found, wallAt(context.now, typeof zone === 'number' ? 'UTC' : zone?.name));
  const time = timeOf(found);
  if (zone === undefined || !date || !time) return undefined;
  const at = (wall: Wall): number => (typeof zone === 'number' ? utcOf(wall) - zone : instantOf(wall, zone.name));
  const from = at({ ...date, time: time.at });
  if (time.unit === 0) return exactly(from);
  return {
    from,
    to: time.unit === 'day' ? at({ ...date, day: date.day + 1, time: 0 }) : from + time.unit,
    exact: false,
  };
}

/** The zone of a typed time: an offset in ms or a name; undefined if the text is neither. */
function zoneOf(
  text: string | undefined,
  otherwise: string | undefined,
): number | { name: string | undefined } | undefined {
  if (text === undefined) return { name: otherwise };
  if (/^z$/i.test(text)) return 0;
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  if (!offset) return isZone(text) ? { name: text } : undefined;
  const [hours, minutes] = [Number(offset[2]), Number(offset[3] ?? 0)];
  return hours > 23 || minutes > 59 ? undefined : (offset[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * MINUTE;
}

type Groups = Readonly<Record<string, string | undefined>>;

function dateOf(found: Groups, today: Wall): Omit<Wall, 'time'> | undefined {
  const { year, month, day } = today;
  if (!found['day']) return { year, month, day: day + (DAYS[found['word']?.toLowerCase() ?? 'today'] ?? 0) };
  const date = found['name'] ? namedDate(found, today) : numberedDate(found);
  const meant = new Date(utcOf({ ...date, time: 0 }));
  return meant.getUTCMonth() === date.month && meant.getUTCDate() === date.day ? date : undefined;
}

function numberedDate(found: Groups): Omit<Wall, 'time'> {
  return { year: Number(found['year']), month: Number(found['month']) - 1, day: Number(found['day']) };
}

/** `Nov 28` is the last one that is not in the future: tomorrow's is in this year still. */
function namedDate(found: Groups, today: Wall): Omit<Wall, 'time'> {
  const month = MONTHS.indexOf(found['name']!.slice(0, 3).toLowerCase());
  const day = Number(found['day']);
  const written = found['year'] ?? found['last'];
  if (written) return { year: Number(written), month, day };
  const ahead = utcOf({ year: today.year, month, day, time: 0 }) - utcOf({ ...today, time: 0 });
  return { year: ahead > DAY ? today.year - 1 : today.year, month, day };
}

/** ms since midnight, and the length of the span; 0 for an instant. */
function timeOf(found: Groups): { at: number; unit: number | 'day' } | undefined {
  if (!found['hour']) return { at: 0, unit: 'day' };
  const [hour, minute, second] = [Number(found['hour']), Number(found['minute']), Number(found['second'] ?? 0)];
  // RFC 3339 §5.7: a leap second is written 60.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const ms = Number((found['fraction'] ?? '0').padEnd(3, '0').slice(0, 3));
  const at = ((hour * 60 + minute) * 60 + second) * SECOND + ms;
  return { at, unit: found['fraction'] ? 0 : found['second'] ? SECOND : MINUTE };
}

function exactly(ms: number): Span {
  return { from: ms, to: ms, exact: true };
}

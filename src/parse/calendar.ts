const DAY = 86_400_000;
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Three letters of a month in lower case as one number → 0–11. */
const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, month) => [
    (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2),
    month,
  ]),
);

/** The number of days in a month (0–11). */
export function daysIn(year: number, month: number): number {
  return month === 1 && isLeap(year) ? 29 : LENGTHS[month]!;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** The start of a day in UTC, ms. Unlike `Date.UTC`, it does not move the years 0–99 to 1900–1999. */
export function dayStart(year: number, month: number, day: number): number {
  const y = month < 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * DAY;
}

/** The number of two digits at `at`; -1 if they are not digits. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  // Both d and 9 - d are positive if d is a digit.
  return (tens | (9 - tens) | ones | (9 - ones)) < 0 ? -1 : tens * 10 + ones;
}

/** Seconds since midnight of `hh:mm:ss` at `at`, second 60 included; -1 if it is not a time. */
export function secondsOf(bytes: Uint8Array, at: number): number {
  const hour = twoDigits(bytes, at);
  const minute = twoDigits(bytes, at + 3);
  const second = twoDigits(bytes, at + 6);
  if ((hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 60) return -1;
  if (bytes[at + 2] !== 0x3a || bytes[at + 5] !== 0x3a) return -1;
  return hour * 3600 + minute * 60 + second;
}

/** The month (0–11) whose three letters, in any case, are at `at`; -1 if they name no month. */
export function monthAt(bytes: Uint8Array, at: number): number {
  const key = ((bytes[at]! | 32) << 16) | ((bytes[at + 1]! | 32) << 8) | bytes[at + 2]! | 32;
  return MONTHS.get(key) ?? -1;
}

/** The start of the day `YYYY-MM-DD` at `at`, ms; NaN if it is not a day. */
export function isoDay(bytes: Uint8Array, at: number): number {
  const century = twoDigits(bytes, at);
  const rest = twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5) - 1;
  const day = twoDigits(bytes, at + 8);
  if ((century | rest | month | day) < 0 || month > 11 || bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d) {
    return Number.NaN;
  }
  const year = century * 100 + rest;
  return day < 1 || day > daysIn(year, month) ? Number.NaN : dayStart(year, month, day);
}

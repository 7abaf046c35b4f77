/** The rhythm of a host, as the ledger keeps it: for each hour of the week (UTC, from Monday) how long it is silent. */

const HOUR = 3_600_000;
const MINUTE = 60_000;
const WEEK_HOURS = 168;
/** Monday 00:00 UTC, ms. */
const A_MONDAY = 4 * 24 * HOUR;
/** As in `hosts/rhythm.ts`: codes for each doubling of minutes. */
const STEPS = 9;

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** The longest usual silence that began in each hour of a week, ms; 0 where nothing is known. Empty without a rhythm. */
export function silencesOf(stored: string): readonly number[] {
  const bytes = stored === '' ? '' : atob(stored);
  if (bytes.length !== WEEK_HOURS) return [];
  return Array.from(bytes, (byte) => gapOf(byte.charCodeAt(0)));
}

function gapOf(code: number): number {
  return code === 0 ? 0 : Math.max(1000, (2 ** ((code - 1) / STEPS) - 1) * MINUTE);
}

/** The hour of the week in which a time lies, on the clock of a zone that is so many ms ahead of UTC; with its fraction. */
export function hourOfWeek(at: number, offset: number): number {
  const hours = (at + offset - A_MONDAY) / HOUR;
  return ((hours % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
}

/** The same week, beginning with Monday 00:00 on the clock of that zone. */
export function inZone(silences: readonly number[], offset: number): readonly number[] {
  const shift = Math.round(offset / HOUR);
  return silences.map((_, hour) => silences[(hour - shift + WEEK_HOURS) % WEEK_HOURS]!);
}

/** How busy an hour is: 0 if nothing is known, 1 if hours may pass, 4 if a line comes every few minutes. */
export function levelOf(silence: number): 0 | 1 | 2 | 3 | 4 {
  if (silence === 0) return 0;
  if (silence <= 5 * MINUTE) return 4;
  if (silence <= 30 * MINUTE) return 3;
  return silence <= 3 * HOUR ? 2 : 1;
}

/** `Tue 14:00` */
export function hourName(hour: number): string {
  return `${DAYS[Math.floor(hour / 24)]} ${String(hour % 24).padStart(2, '0')}:00`;
}

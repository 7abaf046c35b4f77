import { clock, date, offsetAt } from '../time/zone.ts';

/** Where bars, bands and cursor are drawn, CSS px from the corner of the chart. */
export type Area = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
/** A place on an axis and what is written there. */
export type Tick = { readonly at: number; readonly label: string };

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** 1970 began on a Thursday; steps of weeks begin on Mondays. */
const MONDAY = 4 * DAY;
/** Steps that people count in, ms; longer ones are whole months. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14].map((count) => count * DAY),
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];

/** From times and counts to px and back. */
export class Scale {
  readonly #since: number;
  readonly #until: number;
  readonly #highest: number;
  readonly #area: Area;

  constructor(area: Area, { since, until, highest }: { since: number; until: number; highest: number }) {
    this.#area = area;
    this.#since = since;
    this.#until = Math.max(until, since + 1);
    this.#highest = Math.max(1, highest) * 1.05;
  }

  x(at: number): number {
    const { left, width } = this.#area;
    return left + ((at - this.#since) / (this.#until - this.#since)) * width;
  }

  y(count: number): number {
    const { top, height } = this.#area;
    return top + height - (count / this.#highest) * height;
  }

  /** The time at a place, ms; a place beside the area is the nearest end. */
  timeAt(x: number): number {
    const { left, width } = this.#area;
    const part = Math.min(1, Math.max(0, (x - left) / Math.max(1, width)));
    return this.#since + part * (this.#until - this.#since);
  }
}

/** Times to write below a window of so many px: whole steps on the clock of the zone, also over a change of its offset. */
export function timeTicks(since: number, until: number, zone: string, width: number): Tick[] {
  const most = Math.max(1, Math.floor(width / 84));
  const least = (until - since) / most;
  const step = STEPS.find((each) => each >= least);
  const months = MONTHS.find((each) => each * 30 * DAY >= least) ?? MONTHS.at(-1)!;
  const first = since + offsetAt(since, zone);
  const last = until + offsetAt(until, zone);
  const onClock = step === undefined ? wholeMonths(first, last, months) : wholeSteps(first, last, step);
  const ticks: Tick[] = [];
  for (const local of onClock) {
    const at = local - offsetAt(local - offsetAt(local, zone), zone);
    if (at < since || at > until || at <= (ticks.at(-1)?.at ?? Number.NEGATIVE_INFINITY)) continue;
    ticks.push({ at, label: timeLabel(at, zone, step) });
  }
  return ticks;
}

function wholeSteps(first: number, last: number, step: number): number[] {
  const origin = step >= 7 * DAY ? MONDAY : 0;
  const begin = Math.ceil((first - origin) / step) * step + origin;
  return Array.from({ length: Math.max(0, Math.floor((last - begin) / step) + 1) }, (_, index) => begin + index * step);
}

function wholeMonths(first: number, last: number, months: number): number[] {
  const found: number[] = [];
  const month = new Date(first).getUTCFullYear() * 12 + new Date(first).getUTCMonth();
  for (let next = Math.floor(month / months) * months; ; next += months) {
    const at = Date.UTC(1970, next - 1970 * 12);
    if (at > last) return found;
    if (at >= first) found.push(at);
  }
}

/** The clock, and the date at midnight and for steps of days. */
function timeLabel(at: number, zone: string, step: number | undefined): string {
  if (step === undefined) return date(at, zone).slice(0, 7);
  const time = clock(at, zone);
  if (step >= DAY || time.startsWith('00:00:00.000')) return date(at, zone).slice(5);
  return time.slice(0, step < 1000 ? 12 : step < MINUTE ? 8 : 5);
}

/** Whole counts to write beside bars up to the highest, at most one for so many px. */
export function countTicks(highest: number, height: number): number[] {
  const least = Math.max(1, highest) / Math.max(1, Math.floor(height / 30));
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least) ?? 1);
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => index * step);
}

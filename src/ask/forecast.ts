import { DAY, HOUR } from '../base/units.ts';
import type { StoreStats } from '../store/contract.ts';
import type { StreamRow, StreamsReport } from './contract.ts';

/** Whole days from which growth is computed, at most. */
const MAX_DAYS = 7;
/** Time that must have passed of the first day, ms: new files are mostly overhead. */
const MIN_MS = HOUR;
/** Days that the forecast looks ahead. */
const HORIZON = 3 * 365;

type Days = StoreStats['days'];

/**
 * Growth of a stream in bytes a day: the mean of its whole UTC days of the last week, empty days included. On its first
 * day, what has arrived today is extrapolated; undefined in the first hour.
 * @param oldest when the store's first message arrived, ms
 */
export function growthOf(days: Days, now: number, oldest: number): number | undefined {
  const today = Math.floor(now / DAY) * DAY;
  const first = days[0] && Date.parse(days[0].day);
  if (first === undefined) return undefined;
  const from = Math.max(first, today - MAX_DAYS * DAY);
  if (from < today) return bytesWithin(days, from, today) / ((today - from) / DAY);
  const passed = now - Math.max(today, oldest);
  return passed < MIN_MS ? undefined : (bytesWithin(days, today, today + DAY) * DAY) / passed;
}

function bytesWithin(days: Days, from: number, until: number): number {
  return days
    .filter(({ day }) => Date.parse(day) >= from && Date.parse(day) < until)
    .reduce((sum, { storedBytes }) => sum + storedBytes, 0);
}

export type Forecast = {
  readonly rows: readonly StreamRow[];
  readonly days: Days;
  readonly now: number;
  readonly maxDisk: number | undefined;
  /** Bytes of the disk that messages leave free. */
  readonly keepFree?: number | undefined;
  readonly disk: { readonly free: number } | undefined;
};

/** When all streams together reach the limit, if they keep growing and, day by day, lose what is past its `keep`. */
export function fullAt({ rows, days, now, maxDisk, keepFree = 0, disk }: Forecast): StreamsReport['full'] {
  const total = days.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const ofDisk = disk ? total + Math.max(0, disk.free - keepFree) : Infinity;
  const of = (maxDisk ?? Infinity) <= ofDisk || keepFree > 0 ? 'max_disk' : 'disk';
  const limit = Math.min(maxDisk ?? Infinity, ofDisk);
  if (limit === Infinity) return undefined;
  const futures = rows.map(
    (row) =>
      new Future(
        row,
        days.filter(({ stream }) => stream === row.name),
        now,
      ),
  );
  for (let ahead = 0; ahead <= HORIZON; ahead++) {
    const bytes = futures.reduce((sum, future) => sum + future.at(ahead), 0);
    if (bytes >= limit) return { at: now + ahead * DAY, of };
  }
  return undefined;
}

/** The size of a stream in the future, if it keeps growing as now. */
class Future {
  /** Bytes by day of arrival, in days since 1970. */
  readonly #byDay = new Map<number, number>();
  readonly #row: StreamRow;
  readonly #today: number;
  #bytes = 0;

  constructor(row: StreamRow, days: Days, now: number) {
    this.#row = row;
    this.#today = Math.floor(now / DAY);
    for (const { day, storedBytes } of days) this.#add(Date.parse(day) / DAY, storedBytes);
  }

  /** Bytes after so many days. Must be called for each day in turn. */
  at(ahead: number): number {
    const { growth = 0, keep = Infinity, maxSize = Infinity } = this.#row;
    const day = this.#today + ahead;
    if (ahead > 0) this.#add(day, growth);
    for (const [old, bytes] of this.#byDay) {
      if ((day - old - 1) * DAY < keep) break;
      this.#byDay.delete(old);
      this.#bytes -= bytes;
    }
    return Math.min(this.#bytes, maxSize);
  }

  #add(day: number, bytes: number): void {
    this.#byDay.set(day, (this.#byDay.get(day) ?? 0) + bytes);
    this.#bytes += bytes;
  }
}

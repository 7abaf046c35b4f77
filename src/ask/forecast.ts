import type { StoreStats } from '../store/contract.ts';
import type { StreamRow, StreamsReport } from './contract.ts';

const DAY = 86_400_000;
/** Whole days that growth is told from, at most. */
const WINDOW = 7;
/** Of a first day, so much has to have passed, ms: files that have only just begun are mostly their own beginnings. */
const LEAST = 3_600_000;
/** Days that are looked ahead. */
const HORIZON = 3 * 365;

type Days = StoreStats['days'];

/**
 * Bytes a day that a stream grows by: the mean of the whole UTC days of the last week since it began, or, on its first
 * day, what today has brought, projected; undefined before there is an hour to tell it from. Days of nothing count.
 * @param oldest when the store's first message arrived, ms
 */
export function growthOf(days: Days, now: number, oldest: number): number | undefined {
  const today = Math.floor(now / DAY) * DAY;
  const first = days[0] && Date.parse(days[0].day);
  if (first === undefined) return undefined;
  const from = Math.max(first, today - WINDOW * DAY);
  if (from < today) return bytesWithin(days, from, today) / ((today - from) / DAY);
  const passed = now - Math.max(today, oldest);
  return passed < LEAST ? undefined : (bytesWithin(days, today, today + DAY) * DAY) / passed;
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
  readonly disk: { readonly free: number } | undefined;
};

/** When all streams together reach their limit, growing as they do and losing what is past its `keep`, day by day. */
export function fullAt({ rows, days, now, maxDisk, disk }: Forecast): StreamsReport['full'] {
  const total = days.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const ofDisk = disk ? total + disk.free : Infinity;
  const of = (maxDisk ?? Infinity) <= ofDisk ? 'max_disk' : 'disk';
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

/** What a stream will hold, if it grows as it does. */
class Future {
  /** Bytes by the day since 1970 that they arrived on. */
  readonly #byDay = new Map<number, number>();
  readonly #row: StreamRow;
  readonly #today: number;
  #bytes = 0;

  constructor(row: StreamRow, days: Days, now: number) {
    this.#row = row;
    this.#today = Math.floor(now / DAY);
    for (const { day, storedBytes } of days) this.#add(Date.parse(day) / DAY, storedBytes);
  }

  /** Asked for each day ahead in turn. */
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

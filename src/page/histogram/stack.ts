import type { Histogram } from '../api/answers.ts';
import { levelOf } from '../state/search.ts';
import { LEVELS } from '../state/terms.ts';

/** The counts of one stretch of time, by level: index 0 is emerg, 7 is debug. */
export type Bucket = { readonly at: number; readonly counts: readonly number[]; readonly total: number };

/** The buckets of a window, also the empty ones, earliest first; at most 2,000. */
export function bucketsOf({ items, every }: Histogram, window: { since?: number; until: number }): Bucket[] {
  const counted = new Map<number, number[]>();
  for (const {
    at = 0,
    values: [value],
    count,
  } of items) {
    const level = levelOf(value);
    const counts = counted.get(at) ?? LEVELS.map(() => 0);
    counts[level ? LEVELS.indexOf(level) : LEVELS.length - 1]! += count;
    counted.set(at, counts);
  }
  const since = window.since ?? Math.min(...counted.keys(), window.until);
  const buckets: Bucket[] = [];
  for (let at = Math.floor(since / every) * every; at < window.until && buckets.length < 2000; at += every) {
    const counts = counted.get(at) ?? LEVELS.map(() => 0);
    buckets.push({ at, counts, total: counts.reduce((sum, each) => sum + each, 0) });
  }
  return buckets;
}

/** `81,553 messages, 43 errors or worse, most at …`: what the picture says, in a sentence without the time. */
export function summaryOf(buckets: readonly Bucket[]): { total: number; errors: number; highest: Bucket | undefined } {
  let [total, errors] = [0, 0];
  let highest: Bucket | undefined;
  for (const bucket of buckets) {
    total += bucket.total;
    errors += errorsOf(bucket);
    if (bucket.total > (highest?.total ?? 0)) highest = bucket;
  }
  return { total, errors, highest };
}

/** Messages of err and worse. */
export function errorsOf({ counts }: Bucket): number {
  return counts.slice(0, 4).reduce((sum, each) => sum + each, 0);
}

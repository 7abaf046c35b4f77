import type { Group, Query } from '../../model/query.ts';
import { MAX_KEYS, MINUTE } from './buckets.ts';
import { type AlertWorld, type Key, OTHER } from '../contract.ts';

/** Keys and minutes that one aggregation may bring. */
export const MAX_GROUPS = 200_000;

export type Counted = {
  readonly by: readonly string[];
  /** Keys that are told apart in any case. */
  readonly known: Iterable<Key>;
  /** Whether there were too many the last time: then it is not tried again to tell all apart, until there are fewer. */
  readonly crowded?: boolean;
};

export type Count = readonly [minute: number, key: Key, count: number];

/**
 * Messages by minute and key. Where there are too many keys for one answer, as in a flood of forged names, those that
 * are `known` are still told apart, then the loudest that were met; all others are counted under `OTHER`.
 */
export async function countsBy(
  { store }: Pick<AlertWorld, 'store'>,
  query: Query,
  { by, known, crowded = false }: Counted,
): Promise<Count[]> {
  const { signal } = new AbortController();
  const told = new Set(known);
  told.delete(OTHER);
  const tell = (): Promise<Group[]> => {
    const only = [...told].map((key) => JSON.parse(key) as Group['values']);
    return store.aggregate(query, { by, every: MINUTE, only }, signal);
  };
  if (crowded) {
    const found = await tell();
    const others = found.reduce((sum, { rest, count }) => (rest ? sum + count : sum), 0);
    if (others > MAX_GROUPS) return found.map(countOf);
  }
  const groups = await store.aggregate(query, { by, every: MINUTE, atMost: MAX_GROUPS }, signal);
  if (groups.length <= MAX_GROUPS) return groups.map(countOf);
  for (const { values } of groups.toSorted((a, b) => b.count - a.count)) {
    if (told.size >= MAX_KEYS) break;
    told.add(JSON.stringify(values));
  }
  return (await tell()).map(countOf);
}

function countOf({ values, rest, at, count }: Group): Count {
  return [at!, rest ? OTHER : JSON.stringify(values), count];
}

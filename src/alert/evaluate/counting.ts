import { neverAborted } from '../../base/abort.ts';
import { MINUTE } from '../../base/units.ts';
import type { Group, Query } from '../../model/query.ts';
import { type Key, MAX_KEYS, OTHER } from '../rules/keys.ts';
import type { AlertWorld } from './world.ts';

/** Combinations of key and minute that one aggregation may return. */
export const MAX_GROUPS = 200_000;

export type CountOptions = {
  readonly by: readonly string[];
  /** Keys that are counted apart in any case. */
  readonly known: Iterable<Key>;
  /**
   * Whether there were too many keys the last time: then known keys are tried first, until there
   * are fewer.
   */
  readonly crowded?: boolean;
};

export type Count = readonly [minute: number, key: Key, count: number];

/**
 * Messages by minute and key. If there are too many keys for one answer, as with a flood of forged
 * names, the `known` keys are still counted apart, then the most frequent of the others; the rest
 * is counted under `OTHER`.
 */
export async function countsBy(
  { store }: Pick<AlertWorld, 'store'>,
  query: Query,
  { by, known, crowded = false }: CountOptions,
): Promise<Count[]> {
  const signal = neverAborted();
  const apart = new Set(known);
  apart.delete(OTHER);
  const countApart = (): Promise<Group[]> => {
    const only = [...apart].map((key) => JSON.parse(key) as Group['values']);
    return store.aggregate(query, { by, every: MINUTE, only }, signal);
  };
  if (crowded) {
    const found = await countApart();
    const others = found.reduce((sum, { rest, count }) => (rest ? sum + count : sum), 0);
    if (others > MAX_GROUPS) return found.map(countOf);
  }
  const groups = await store.aggregate(query, { by, every: MINUTE, atMost: MAX_GROUPS }, signal);
  if (groups.length <= MAX_GROUPS) return groups.map(countOf);
  for (const { values } of groups.toSorted((a, b) => b.count - a.count)) {
    if (apart.size >= MAX_KEYS) break;
    apart.add(JSON.stringify(values));
  }
  return (await countApart()).map(countOf);
}

function countOf({ values, rest, at, count }: Group): Count {
  return [at!, rest ? OTHER : JSON.stringify(values), count];
}

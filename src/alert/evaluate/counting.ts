import { neverAborted } from '../../base/abort.ts';
import { MINUTE } from '../../base/units.ts';
import type { Group, Query } from '../../model/query.ts';
import { textIn } from '../../model/grouping.ts';
import { type Key, MAX_KEY_TEXT, MAX_KEYS, MAX_VALUE, OTHER } from '../rules/keys.ts';
import type { AlertWorld } from './world.ts';

/** Combinations of key and minute that one aggregation may return. */
export const MAX_GROUPS = 200_000;

/** Characters that the values of these combinations may have. */
const MAX_TEXT = 16 << 20;
const LIMITS = { every: MINUTE, cutAt: MAX_VALUE } as const;

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
    return store.aggregate(query, { by, ...LIMITS, only }, signal);
  };
  if (crowded) {
    const found = await countApart();
    const others = found.reduce((sum, { rest, count }) => (rest ? sum + count : sum), 0);
    if (others > MAX_GROUPS) return found.map(countOf);
  }
  const groups = await store.aggregate(query, { by, ...LIMITS, atMost: MAX_GROUPS, atMostText: MAX_TEXT }, signal);
  if (!isCut(groups)) return groups.map(countOf);
  let text = [...apart].reduce((sum, key) => sum + key.length, 0);
  for (const { values } of groups.toSorted((a, b) => b.count - a.count)) {
    if (apart.size >= MAX_KEYS || text >= MAX_KEY_TEXT) break;
    const key = JSON.stringify(values);
    if (!apart.has(key)) text += key.length;
    apart.add(key);
  }
  return (await countApart()).map(countOf);
}

function countOf({ values, rest, at, count }: Group): Count {
  return [at!, rest ? OTHER : JSON.stringify(values), count];
}

/** Whether a store may have stopped before it had counted everything. */
function isCut(groups: readonly Group[]): boolean {
  if (groups.length > MAX_GROUPS) return true;
  // A store counts the text of a value once or in each group: at least in one of its groups.
  return groups.reduce((sum, { values }) => sum + textIn(values), 0) > MAX_TEXT;
}

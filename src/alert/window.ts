import type { Filter } from '../model/filter.ts';
import type { Query } from '../model/query.ts';
import { Buckets, MINUTE } from './buckets.ts';
import type { AlertWorld, Judge, Rule, Window } from './contract.ts';
import type { Schedule } from './schedule.ts';

/** Keys and minutes that one aggregation may bring. */
export const MAX_GROUPS = 200_000;

/** A rule with all that judging it needs. */
export type ReadyRule = {
  readonly rule: Rule;
  readonly judge: Judge;
  readonly schedule: Schedule;
  /** The rule's own query and the further ones. */
  readonly filters: readonly Filter[];
  readonly print: string;
};

type Stretch = { readonly filter: Filter; readonly rule: Rule; readonly from: number; readonly to: number };

/** What the store holds of a stretch of time, by minute and key. */
export async function bucketsOf({ store, visible }: AlertWorld, { filter, rule, from, to }: Stretch): Promise<Buckets> {
  const query: Query = { filter, since: from, until: to, upTo: visible(), order: 'oldest' };
  const grouping = { by: rule.by, every: MINUTE, atMost: MAX_GROUPS };
  const buckets = new Buckets();
  for (const { values, at, count } of await store.aggregate(query, grouping, new AbortController().signal)) {
    buckets.add(at!, JSON.stringify(values), count);
  }
  return buckets;
}

type Judged = {
  /** The tick, and the one before it, ms. */
  readonly at: number;
  readonly previous: number;
  /** Since when the rule is judged, ms. */
  readonly since: number;
  readonly world: AlertWorld;
};

/** The window of a tick over counts of each of a rule's queries. */
export function windowOf(
  { rule, judge, filters }: ReadyRule,
  series: readonly Buckets[],
  { at, previous, since, world }: Judged,
): Window {
  const from = at - rule.window;
  return {
    from,
    to: at,
    previous,
    since,
    unseen: (key) => (series[0]!.first(key) ?? at) >= previous,
    sums: (index = 0) => series[index]!.sums(from, at),
    fresh: () => series[0]!.sums(previous, at),
    known: () => series[0]!.known(at - judge.memory),
    over: async (since, until) =>
      (await bucketsOf(world, { filter: filters[0]!, rule, from: since, to: until })).sums(since, until),
    covered: (since = from, until = at) => world.covered(since, until),
  };
}

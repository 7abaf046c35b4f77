import type { Filter } from '../../model/filter.ts';
import type { Query } from '../../model/query.ts';
import { Buckets } from './buckets.ts';
import type { AlertWorld, Judge, Key, Rule, Window } from '../contract.ts';
import { countsBy } from './counting.ts';
import type { Schedule } from './schedule.ts';

/** A rule with all that judging it needs. */
export type ReadyRule = {
  readonly rule: Rule;
  readonly judge: Judge;
  readonly schedule: Schedule;
  /** The rule's own query and the further ones. */
  readonly filters: readonly Filter[];
  readonly print: string;
};

type Stretch = {
  readonly filter: Filter;
  readonly rule: Rule;
  readonly from: number;
  readonly to: number;
  /** Keys that are told apart in any case. */
  readonly known: Iterable<Key>;
};

/** What the store holds of a stretch of time, by minute and key. */
export async function bucketsOf(world: AlertWorld, { filter, rule, from, to, known }: Stretch): Promise<Buckets> {
  const query: Query = { filter, since: from, until: to, upTo: world.visible(), order: 'oldest' };
  const buckets = new Buckets();
  for (const count of await countsBy(world, query, { by: rule.by, known })) buckets.add(...count);
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
      (await bucketsOf(world, { filter: filters[0]!, rule, from: since, to: until, known: series[0]!.keys() })).sums(
        since,
        until,
      ),
    covered: (since = from, until = at) => world.covered(since, until),
  };
}

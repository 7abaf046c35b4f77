import type { Filter } from '../../model/filter.ts';
import type { Query } from '../../model/query.ts';
import type { Judge, WindowCounts } from '../rules/judge.ts';
import type { Key } from '../rules/keys.ts';
import type { Schedule } from '../rules/schedule.ts';
import type { Rule } from '../rules/schemas.ts';
import { Buckets } from './buckets.ts';
import { countsBy } from './counting.ts';
import type { AlertWorld } from './world.ts';

/** A rule with everything that judging it needs. */
export type ReadyRule = {
  readonly rule: Rule;
  readonly judge: Judge;
  readonly schedule: Schedule;
  /** The rule's own query and the further ones. */
  readonly filters: readonly Filter[];
  /** Of the settings that its counts depend on. */
  readonly fingerprint: string;
};

type CountedStretch = {
  readonly filter: Filter;
  readonly rule: Rule;
  readonly from: number;
  readonly to: number;
  /** Keys that are counted apart in any case. */
  readonly known: Iterable<Key>;
};

/** The stored messages of a stretch of time, counted by minute and key. */
export async function bucketsOf(
  world: AlertWorld,
  { filter, rule, from, to, known }: CountedStretch,
): Promise<Buckets> {
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

/** The counts that a tick sees, from the buckets of each of a rule's queries. */
export function windowOf(
  { rule, judge, filters }: ReadyRule,
  series: readonly Buckets[],
  { at, previous, since, world }: Judged,
): WindowCounts {
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

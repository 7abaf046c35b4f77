import { createHash } from 'node:crypto';
import type { Filter } from '../model/filter.ts';
import type { Query } from '../model/query.ts';
import { parseQuery } from '../query/index.ts';
import { Buckets, MINUTE, NO_BUCKETS, type StoredBuckets } from './buckets.ts';
import {
  type AlertWorld,
  type Incident,
  type Judge,
  type Key,
  type Notice,
  OTHER,
  type Rule,
  type Window,
} from './contract.ts';
import { step, type Tick } from './incident.ts';
import { type StoredTemplates, Templates } from './templates.ts';
import { createSchedule, type Schedule } from './schedule.ts';

/** How long a tick waits for nodes that have not stored everything yet, ms. */
const PATIENCE = 30_000;
/** Keys and minutes that one aggregation may bring. */
const MAX_GROUPS = 200_000;
/** Ticks judged in one round: after a long stop the rest follows in the next ones. */
const MAX_TICKS = 500;
/** Ticks that fired, remembered so that what comes late tells nobody twice. */
const MAX_FIRED = 500;
/** Closed ticks judged once more in one round, the newest of them. */
const MAX_LATE = 50;

/** All that is kept of a rule; one value under one key. */
export type RuleState = {
  /** What of the rule the buckets depend on: another rule of this name begins anew. */
  readonly print: string;
  /** The last id taken in, one for each node. */
  readonly cursor: readonly string[];
  /** The last tick judged, ms. */
  readonly tick: number;
  readonly series: readonly StoredBuckets[];
  /** Since when it has been judged, ms. */
  readonly since: number;
  readonly templates?: StoredTemplates;
  readonly incident?: Incident;
  /** Incidents so far. */
  readonly number: number;
  readonly fired: readonly number[];
  /** Notices that are not in the outbox yet. */
  readonly pending: readonly Notice[];
};

/** A rule with all that judging it needs. */
export type ReadyRule = {
  readonly rule: Rule;
  readonly judge: Judge;
  readonly schedule: Schedule;
  /** The rule's own query and the further ones. */
  readonly filters: readonly Filter[];
  readonly print: string;
};

export function readyRule(rule: Rule, judge: Judge): ReadyRule {
  const { kind, query, by, window } = rule;
  const filter = parseQuery(query, { now: 0 });
  return {
    rule,
    judge,
    schedule: createSchedule(rule.schedule, rule.timezone),
    filters: [filter, ...judge.further],
    print: createHash('sha256')
      .update(JSON.stringify([kind, query, by, window, judge.further]))
      .digest('hex'),
  };
}

/** What happened at a tick that somebody is to be told. */
export type Finding = {
  readonly kind: Notice['kind'];
  readonly incident: Incident;
  readonly at: number;
  readonly from: number;
};

/**
 * Judges every tick that is due: takes in what has arrived since the last time, each message once, and asks the
 * condition about each window. @returns the new state and what is to be told; undefined where no tick is due
 */
export async function advance(
  ready: ReadyRule,
  before: RuleState | undefined,
  world: AlertWorld,
): Promise<{ state: RuleState; findings: Finding[] } | undefined> {
  const now = world.now();
  const old = before?.print === ready.print ? before : beginning(ready, before, now);
  const due = ready.schedule.ticks(old.tick, now, MAX_TICKS);
  const ticks = due.filter((tick) => world.reached(tick) || now - tick >= PATIENCE);
  if (ticks.length === 0) return before === old ? undefined : { state: old, findings: [] };
  const taken = await takeIn(ready, old, world);
  const findings: Finding[] = [];
  const fired = [...old.fired];
  for (const { tick, incident } of await lateTicks(ready, taken.lateFrom, { old, world })) {
    fired.push(tick);
    findings.push({ kind: 'late', incident, at: tick, from: tick - ready.rule.window });
  }
  let { incident, number } = old;
  let previous = old.tick;
  for (const at of ticks) {
    const from = at - ready.rule.window;
    const verdict = await ready.judge.judge(windowOf(ready, taken.series, { at, previous, since: old.since, world }));
    const tick: Tick = { at, from, verdict, each: ready.judge.each };
    const next = step(ready.rule, incident, tick, number + 1);
    if (next.incident && !incident) number++;
    incident = next.incident;
    if (verdict.size > 0) fired.push(at);
    // Lines that an earlier tick told of are not quoted again.
    if (next.notice) findings.push({ ...next.notice, at, from: ready.judge.each ? Math.max(from, previous) : from });
    previous = at;
  }
  const state: RuleState = {
    print: ready.print,
    cursor: taken.cursor,
    tick: previous,
    series: taken.series.map((one) => one.stored(previous - ready.rule.window, previous - ready.judge.memory)),
    since: old.since,
    ...(taken.templates && { templates: taken.templates.stored() }),
    ...(incident && { incident }),
    number,
    fired: fired.slice(-MAX_FIRED),
    pending: old.pending,
  };
  return { state, findings };
}

/** A rule that is new, or another one than before, looks back over one window. */
function beginning({ print, filters }: ReadyRule, before: RuleState | undefined, now: number): RuleState {
  return {
    print,
    cursor: [],
    tick: Math.floor(now / MINUTE) * MINUTE - 1,
    series: filters.map(() => NO_BUCKETS),
    since: now,
    number: before?.number ?? 0,
    fired: [],
    pending: before?.pending ?? [],
  };
}

type Taken = {
  readonly series: readonly Buckets[];
  readonly cursor: readonly string[];
  readonly templates: Templates | undefined;
  /** The earliest minute of a closed window that something came for afterwards. */
  readonly lateFrom: number | undefined;
};

/** Counts what has become visible since the cursor. */
async function takeIn(ready: ReadyRule, old: RuleState, world: AlertWorld): Promise<Taken> {
  const { rule, filters, judge } = ready;
  const upTo = world.visible();
  const fresh = old.cursor.length === 0;
  const series = old.series.map((stored) => new Buckets(stored));
  const templates = judge.byTemplate && new Templates(old.templates);
  let lateFrom: number | undefined;
  for (const [index, filter] of filters.entries()) {
    const from = fresh ? { since: old.tick + 1 - rule.window } : { after: old.cursor };
    const query: Query = { filter, ...from, upTo, order: 'oldest' };
    for (const [minute, key, count] of await countsOf(query, rule, { world, templates, least: old.tick })) {
      series[index]!.add(minute, key, count);
      if (!fresh && index === 0 && minute + MINUTE <= old.tick) lateFrom = Math.min(lateFrom ?? minute, minute);
    }
  }
  return { series, cursor: upTo, templates, lateFrom };
}

type Counting = {
  readonly world: AlertWorld;
  readonly templates: Templates | undefined;
  /** What is new is so whenever it arrived: what comes late belongs to the next tick, ms. */
  readonly least: number;
};

/** Messages by minute and key. */
async function countsOf(
  query: Query,
  { by }: Rule,
  { world: { store }, templates, least }: Counting,
): Promise<(readonly [minute: number, key: Key, count: number])[]> {
  const { signal } = new AbortController();
  if (!templates) {
    const groups = await store.aggregate(query, { by, every: MINUTE, atMost: MAX_GROUPS }, signal);
    return groups.map(({ values, at, count }) => [at!, JSON.stringify(values), count] as const);
  }
  const found: (readonly [number, Key, number])[] = [];
  for await (const chunk of store.find(query, signal)) {
    for (const { received_at: at, appname = '', message } of chunk) {
      const name = templates.nameOf(appname, message);
      const minute = Math.floor(Math.max(at.getTime(), least + 1) / MINUTE) * MINUTE;
      found.push([minute, name === undefined ? OTHER : JSON.stringify([appname, name]), 1]);
    }
  }
  return found;
}

/** Closed ticks that did not fire and do so with what came late; judged on what is stored. */
async function lateTicks(
  ready: ReadyRule,
  lateFrom: number | undefined,
  { old, world }: { old: RuleState; world: AlertWorld },
): Promise<{ tick: number; incident: Incident }[]> {
  if (lateFrom === undefined) return [];
  const { rule, judge, schedule, filters } = ready;
  const found: { tick: number; incident: Incident }[] = [];
  const closed = schedule.ticks(lateFrom, Math.min(old.tick, lateFrom + rule.window + 31 * 86_400_000));
  for (const tick of closed.slice(-MAX_LATE)) {
    if (old.fired.includes(tick)) continue;
    const series = await Promise.all(
      filters.map(async (filter) => bucketsOf(world, { filter, rule, from: tick - rule.window, to: tick })),
    );
    const verdict = await judge.judge(
      windowOf(ready, series, { at: tick, previous: tick - rule.window, since: old.since, world }),
    );
    const { incident } = step(
      { ...rule, for: 0 },
      undefined,
      { at: tick, from: tick - rule.window, verdict, each: false },
      0,
    );
    if (incident) found.push({ tick, incident: { ...incident, id: `${rule.name}-late-${tick}` } });
  }
  return found;
}

type Stretch = { readonly filter: Filter; readonly rule: Rule; readonly from: number; readonly to: number };

async function bucketsOf({ store, visible }: AlertWorld, { filter, rule, from, to }: Stretch): Promise<Buckets> {
  const query: Query = { filter, since: from, until: to, upTo: visible(), order: 'oldest' };
  const groups = await store.aggregate(
    query,
    { by: rule.by, every: MINUTE, atMost: MAX_GROUPS },
    new AbortController().signal,
  );
  const buckets = new Buckets();
  for (const { values, at, count } of groups) buckets.add(at!, JSON.stringify(values), count);
  return buckets;
}

function windowOf(
  { rule, judge, filters }: ReadyRule,
  series: readonly Buckets[],
  { at, previous, since, world }: { at: number; previous: number; since: number; world: AlertWorld },
): Window {
  const from = at - rule.window;
  return {
    from,
    to: at,
    previous,
    since,
    unseen: (key) => (series[0]!.first(key) ?? at) >= previous,
    sums: (index = 0) => series[index]!.sums(from, at),
    fresh: () => series[0]!.sums(Math.max(from, previous), at),
    known: () => series[0]!.known(at - judge.memory),
    over: async (since, until) =>
      (await bucketsOf(world, { filter: filters[0]!, rule, from: since, to: until })).sums(since, until),
    covered: (since = from, until = at) => world.covered(since, until),
  };
}

/** The values of a key, for people; `(none)` where the field is absent. */
export function shownKey(key: Key): string {
  if (key === OTHER) return 'other';
  return (JSON.parse(key) as (string | number | null)[]).map((value) => value ?? '(none)').join(' ');
}

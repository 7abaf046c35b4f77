import { createHash } from 'node:crypto';
import { neverAborted } from '../../base/abort.ts';
import { MINUTE } from '../../base/units.ts';
import type { Query } from '../../model/query.ts';
import { parseQuery } from '../../query/index.ts';
import type { Judge, Verdict, WindowCounts } from '../rules/judge.ts';
import { type Key, OTHER } from '../rules/keys.ts';
import { createSchedule } from '../rules/schedule.ts';
import type { Rule } from '../rules/schemas.ts';
import { Buckets, NO_BUCKETS } from './buckets.ts';
import { type Count, countsBy, MAX_GROUPS } from './counting.ts';
import { step, type Tick } from './incident.ts';
import { lateFindings } from './late.ts';
import type { Finding, RuleState } from './rule-state.ts';
import { Templates } from './templates.ts';
import { type ReadyRule, windowOf } from './window.ts';
import type { AlertWorld } from './world.ts';

/** Ticks judged in one round; after a long stop, the rest follows in the next rounds. */
const MAX_TICKS = 500;

/** Prepares a rule for judging. */
export function readyRule(rule: Rule, judge: Judge): ReadyRule {
  const { kind, query, by, window } = rule;
  const filter = parseQuery(query, { now: 0 });
  return {
    rule,
    judge,
    schedule: createSchedule(rule.schedule, rule.timezone),
    filters: [filter, ...judge.further],
    fingerprint: createHash('sha256')
      .update(JSON.stringify([kind, query, by, window, judge.further]))
      .digest('hex'),
  };
}

/**
 * Judges every tick that is due: counts what has arrived since the last time, each message once,
 * and checks the condition for each window.
 * @returns the new state and what to report; undefined if no tick is due
 */
export async function advance(
  ready: ReadyRule,
  before: RuleState | undefined,
  world: AlertWorld,
): Promise<{ state: RuleState; findings: Finding[] } | undefined> {
  const now = world.now();
  const old = before?.print === ready.fingerprint ? before : initialState(ready, before, now);
  const due = ready.schedule.ticks(old.tick, now, MAX_TICKS);
  const ticks = due.filter((tick) => world.isComplete(tick));
  if (ticks.length === 0) return before === old ? undefined : { state: old, findings: [] };
  const counted = await count(ready, old, world);
  const findings = await lateFindings(ready, counted.late, { old, world });
  let { incident, number } = old;
  let previous = old.tick;
  for (const at of ticks) {
    const from = at - ready.rule.window;
    const window = windowOf(ready, counted.series, { at, previous, since: old.since, world });
    const verdict = await ready.judge.judge(window);
    const { each } = ready.judge;
    // Messages that an earlier tick reported are not quoted again; all others are.
    const first = each ? Math.ceil(previous / MINUTE) * MINUTE : from;
    const tick: Tick = { at, from: first, verdict, each, fresh: incident && !each ? freshIn(window, verdict) : 0 };
    const isOver = incident && !each && verdict.size === 0;
    const isUncertain = isOver && !(await world.covered(from, at));
    previous = at;
    // If we were not listening all the time, it may still go on.
    if (isUncertain) continue;
    const next = step(ready.rule, incident, tick, number + 1);
    if (next.incident && !incident) number++;
    incident = next.incident;
    const cut = next.notice && counted.series[0]!.sums(first, at).get(OTHER);
    if (next.notice) findings.push({ ...next.notice, at, from: first, ...(cut !== undefined && { cut }) });
  }
  const state: RuleState = {
    print: ready.fingerprint,
    cursor: counted.cursor,
    tick: previous,
    series: counted.series.map((one) => one.stored(previous - ready.rule.window, previous - ready.judge.memory)),
    since: old.since,
    ...(counted.templates && { templates: counted.templates.stored() }),
    ...(incident && { incident }),
    number,
    pending: old.pending,
  };
  return { state, findings };
}

/** Messages that arrived since the previous tick, of the keys in a verdict. */
function freshIn(window: WindowCounts, verdict: Verdict): number {
  let sum = 0;
  for (const [key, count] of window.fresh()) if (verdict.has(key)) sum += count;
  return sum;
}

/** The state of a rule that is new or has changed: it looks back over one window. */
function initialState({ fingerprint, filters }: ReadyRule, before: RuleState | undefined, now: number): RuleState {
  return {
    print: fingerprint,
    cursor: [],
    tick: Math.floor(now / MINUTE) * MINUTE - 1,
    series: filters.map(() => NO_BUCKETS),
    since: now,
    number: before?.number ?? 0,
    pending: before?.pending ?? [],
  };
}

type Counted = {
  readonly series: readonly Buckets[];
  readonly cursor: readonly string[];
  readonly templates: Templates | undefined;
  /** Of these, the messages that arrived for windows that were judged before. */
  readonly late: readonly Buckets[];
};

/** Counts what has become visible since the cursor. */
async function count(ready: ReadyRule, old: RuleState, world: AlertWorld): Promise<Counted> {
  const { rule, filters, judge } = ready;
  const upTo = world.visible();
  const fresh = old.cursor.length === 0;
  const series = old.series.map((stored) => new Buckets(stored));
  const templates = judge.byTemplate && new Templates(old.templates);
  const late = filters.map(() => new Buckets());
  for (const [index, filter] of filters.entries()) {
    const from = fresh ? { since: old.tick + 1 - rule.window } : { after: old.cursor };
    const query: Query = { filter, ...from, upTo, order: 'oldest' };
    const known = series[index]!.keys();
    const crowded = (series[index]!.last(OTHER) ?? 0) > MAX_GROUPS;
    const counting = { world, templates, known, crowded, least: old.tick };
    for (const [minute, key, messages] of await countsOf(query, rule, counting)) {
      series[index]!.add(minute, key, messages);
      if (!fresh && minute + MINUTE <= old.tick) late[index]!.add(minute, key, messages);
    }
  }
  return { series, cursor: upTo, templates, late };
}

type Counting = {
  readonly world: AlertWorld;
  readonly templates: Templates | undefined;
  readonly known: readonly Key[];
  readonly crowded: boolean;
  /** For kinds of messages: one that arrives late belongs to the tick after this one, ms. */
  readonly least: number;
};

/** Messages by minute and key. */
async function countsOf(
  query: Query,
  { by }: Rule,
  { world, templates, known, crowded, least }: Counting,
): Promise<Count[]> {
  if (!templates) return countsBy(world, query, { by, known, crowded });
  // One count for each kind and minute, however many messages there are.
  const counts = new Map<number, Map<Key, number>>();
  for await (const chunk of world.store.find(query, neverAborted())) {
    for (const { received_at: at, appname = '', message } of chunk) {
      const name = templates.nameOf(appname, message);
      const minute = Math.floor(Math.max(at.getTime(), least + 1) / MINUTE) * MINUTE;
      const key = name === undefined ? OTHER : JSON.stringify([appname, name]);
      const ofMinute = counts.get(minute) ?? new Map<Key, number>();
      counts.set(minute, ofMinute);
      ofMinute.set(key, (ofMinute.get(key) ?? 0) + 1);
    }
  }
  return [...counts].flatMap(([minute, keys]) => [...keys].map(([key, many]): Count => [minute, key, many]));
}

import { createHash } from 'node:crypto';
import type { Query } from '../../model/query.ts';
import { parseQuery } from '../../query/index.ts';
import { Buckets, MINUTE, NO_BUCKETS, type StoredBuckets } from './buckets.ts';
import { type Count, countsBy, MAX_GROUPS } from './counting.ts';
import {
  type AlertWorld,
  type Incident,
  type Judge,
  type Key,
  type Notice,
  OTHER,
  type Rule,
  type Verdict,
  type Window,
} from '../contract.ts';
import { step, type Tick } from './incident.ts';
import { type StoredTemplates, Templates } from './templates.ts';
import { lateFindings } from './late.ts';
import { createSchedule } from './schedule.ts';
import { type ReadyRule, windowOf } from './window.ts';

/** Ticks judged in one round: after a long stop the rest follows in the next ones. */
const MAX_TICKS = 500;

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
  /** Notices that are not in the outbox yet. */
  readonly pending: readonly Notice[];
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
  /** Keys that joined the incident since it was last told of. */
  readonly joined?: readonly Key[];
  /** Only what arrived after these ids is meant. */
  readonly after?: readonly string[];
  /** Messages of the window that were counted under `OTHER`. */
  readonly cut?: number;
  /** Messages of the incident that nobody was told of before. */
  readonly matches?: number;
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
  const ticks = due.filter((tick) => world.reached(tick));
  if (ticks.length === 0) return before === old ? undefined : { state: old, findings: [] };
  const taken = await takeIn(ready, old, world);
  const findings = await lateFindings(ready, taken.late, { old, world });
  let { incident, number } = old;
  let previous = old.tick;
  for (const at of ticks) {
    const from = at - ready.rule.window;
    const window = windowOf(ready, taken.series, { at, previous, since: old.since, world });
    const verdict = await ready.judge.judge(window);
    const { each } = ready.judge;
    // Lines that an earlier tick told of are not quoted again, and all others are.
    const first = each ? Math.ceil(previous / MINUTE) * MINUTE : from;
    const tick: Tick = { at, from: first, verdict, each, fresh: incident && !each ? freshIn(window, verdict) : 0 };
    const isOver = incident && !each && verdict.size === 0;
    const goesOn = isOver && !(await world.covered(from, at));
    previous = at;
    // While nobody listened, nobody knows that it is over.
    if (goesOn) continue;
    const next = step(ready.rule, incident, tick, number + 1);
    if (next.incident && !incident) number++;
    incident = next.incident;
    const cut = next.notice && taken.series[0]!.sums(first, at).get(OTHER);
    if (next.notice) findings.push({ ...next.notice, at, from: first, ...(cut !== undefined && { cut }) });
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
    pending: old.pending,
  };
  return { state, findings };
}

/** Messages that arrived since the tick before, of the keys that a verdict names. */
function freshIn(window: Window, verdict: Verdict): number {
  let sum = 0;
  for (const [key, count] of window.fresh()) if (verdict.has(key)) sum += count;
  return sum;
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
    pending: before?.pending ?? [],
  };
}

type Taken = {
  readonly series: readonly Buckets[];
  readonly cursor: readonly string[];
  readonly templates: Templates | undefined;
  /** Of that, what came for windows that are closed. */
  readonly late: readonly Buckets[];
};

/** Counts what has become visible since the cursor. */
async function takeIn(ready: ReadyRule, old: RuleState, world: AlertWorld): Promise<Taken> {
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
    for (const [minute, key, count] of await countsOf(query, rule, counting)) {
      series[index]!.add(minute, key, count);
      if (!fresh && minute + MINUTE <= old.tick) late[index]!.add(minute, key, count);
    }
  }
  return { series, cursor: upTo, templates, late };
}

type Counting = {
  readonly world: AlertWorld;
  readonly templates: Templates | undefined;
  readonly known: readonly Key[];
  readonly crowded: boolean;
  /** What is new is so whenever it arrived: what comes late belongs to the next tick, ms. */
  readonly least: number;
};

/** Messages by minute and key. */
async function countsOf(
  query: Query,
  { by }: Rule,
  { world, templates, known, crowded, least }: Counting,
): Promise<Count[]> {
  if (!templates) return countsBy(world, query, { by, known, crowded });
  const found: Count[] = [];
  for await (const chunk of world.store.find(query, new AbortController().signal)) {
    for (const { received_at: at, appname = '', message } of chunk) {
      const name = templates.nameOf(appname, message);
      const minute = Math.floor(Math.max(at.getTime(), least + 1) / MINUTE) * MINUTE;
      found.push([minute, name === undefined ? OTHER : JSON.stringify([appname, name]), 1]);
    }
  }
  return found;
}

/** The values of a key, for people; `(none)` where the field is absent. */
export function shownKey(key: Key): string {
  if (key === OTHER) return 'other';
  return (JSON.parse(key) as (string | number | null)[]).map((value) => value ?? '(none)').join(' ');
}

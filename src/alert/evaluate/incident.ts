import { MINUTE } from '../../base/units.ts';
import type { Incident } from '../notices/incident.ts';
import type { Verdict } from '../rules/judge.ts';
import type { Key } from '../rules/keys.ts';
import type { Rule } from '../rules/schemas.ts';

/** What a rule's condition found at a tick. */
export type Tick = {
  readonly at: number;
  readonly from: number;
  readonly verdict: Verdict;
  /** Whether each tick that fires is reported. */
  readonly each: boolean;
  /** Messages that arrived since the previous tick, of the keys in `verdict`. */
  readonly fresh: number;
};

/** The incident of a rule after a tick, and the notice that is due. */
export type Step = {
  readonly incident: Incident | undefined;
  readonly notice?: {
    readonly kind: 'firing' | 'repeat' | 'resolved';
    readonly incident: Incident;
    readonly matches: number;
    /** Keys that joined it since the last notice. */
    readonly joined?: readonly Key[];
  };
};

/**
 * How long keys that join an incident are collected before they are reported, ms; doubled each
 * time.
 */
const COLLECT = 5 * MINUTE;
/** Reported keys that are remembered; beyond this, further keys are not reported. */
const MAX_REPORTED = 1000;
/** Keys that are kept of an incident: more than anyone reads. */
const MAX_SHOWN = 100;
/** Characters that the keys of one list may have: a few of the longest, or all usual ones. */
const MAX_TEXT = 32 << 10;
/** Characters of the reported keys that are remembered. */
const MAX_TOLD = 256 << 10;

/** Opens, continues, repeats or closes the incident of a rule. A new one is named by `number`. */
export function step(rule: Rule, incident: Incident | undefined, tick: Tick, number: number): Step {
  if (tick.verdict.size === 0) return incident ? close(rule, incident, tick) : { incident: undefined };
  const total = [...tick.verdict.values()].reduce((sum, count) => sum + count, 0);
  if (!incident) return openIfDue(rule, newIncident(rule, tick, total, number), tick);
  const lasting: Incident = {
    ...incident,
    lastAt: tick.at,
    keys: largest(tick.verdict),
    groups: tick.verdict.size,
    total: incident.total + (tick.each ? total : tick.fresh),
    ...(!tick.each && { joining: joining(incident, tick) }),
  };
  if (lasting.state === 'pending') return openIfDue(rule, lasting, tick);
  if (tick.each) return report('firing', lasting, tick);
  const age = tick.at - lasting.noticedAt;
  if (age >= rule.repeat && lasting.acknowledged === undefined) return report('repeat', lasting, tick);
  const wait = Math.min(rule.repeat, COLLECT * 2 ** Math.min(20, lasting.notices - 1));
  if (!lasting.joining?.length || age < wait) return { incident: lasting };
  return reportJoined(lasting, tick);
}

/** Keys that have not been reported yet, with the highest count of each, largest first. */
function joining(incident: Incident, { verdict }: Tick): Incident['joining'] & object {
  const { toldKeys = [], joining: before = [] } = incident;
  if (toldKeys.length >= MAX_REPORTED || textOf(toldKeys) >= MAX_TOLD - MAX_TEXT) return before;
  const known = new Set(toldKeys);
  const all = new Map(before);
  for (const [key, count] of verdict) if (!known.has(key)) all.set(key, Math.max(count, all.get(key) ?? 0));
  return largest(all);
}

function reportJoined(incident: Incident, tick: Tick): Step {
  const { joining: joined = [] } = incident;
  const { incident: next, notice } = report('firing', incident, tick);
  const keys = [...new Map([...joined, ...largest(tick.verdict)])].slice(0, MAX_SHOWN);
  return { incident: next, notice: { ...notice!, incident: { ...next!, keys }, joined: joined.map(([key]) => key) } };
}

function newIncident(rule: Rule, { at, from, verdict }: Tick, total: number, number: number): Incident {
  return {
    id: `${rule.name}-${number}`,
    rule: rule.name,
    since: from,
    openedAt: at,
    lastAt: at,
    state: 'pending',
    keys: largest(verdict),
    groups: verdict.size,
    total,
    told: 0,
    notices: 0,
    noticedAt: 0,
  };
}

function openIfDue(rule: Rule, incident: Incident, tick: Tick): Step {
  if (tick.at - incident.openedAt < rule.for) return { incident };
  return report('firing', { ...incident, state: 'open' }, tick);
}

function close(rule: Rule, incident: Incident, tick: Tick): Step {
  const { joining: joined = [] } = incident;
  if (incident.state === 'pending') return { incident: undefined };
  if (rule.resolve === 'off') {
    return joined.length > 0 ? { ...reportJoined(incident, tick), incident: undefined } : { incident: undefined };
  }
  const keys = joined.map(([key]) => key);
  const last = { ...incident, notices: incident.notices + 1 };
  return {
    incident: undefined,
    notice: {
      kind: 'resolved',
      incident: last,
      matches: unreported(incident),
      ...(keys.length > 0 && { joined: keys }),
    },
  };
}

function report(kind: 'firing' | 'repeat', incident: Incident, { at, each, verdict }: Tick): Step {
  const { joining: joined = [], ...rest } = incident;
  const all = [...(incident.toldKeys ?? []), ...joined.map(([key]) => key), ...verdict.keys()];
  const next = {
    ...rest,
    notices: incident.notices + 1,
    noticedAt: at,
    told: incident.total,
    ...(!each && { toldKeys: fitting([...new Set(all)].slice(0, MAX_REPORTED), (key) => key.length, MAX_TOLD) }),
  };
  return { incident: next, notice: { kind, incident: next, matches: unreported(incident) } };
}

/** Messages of an incident that no notice has reported. */
function unreported({ total, told: before = 0 }: Incident): number {
  return total - before;
}

/** Keys with their counts, largest first. */
export function largest(verdict: Verdict): (readonly [Key, number])[] {
  const sorted = [...verdict].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_SHOWN);
  return fitting(sorted, ([key]) => key.length, MAX_TEXT);
}

function textOf(keys: readonly Key[]): number {
  return keys.reduce((sum, key) => sum + key.length, 0);
}

/** The first items of a list, the first of all in any case, that have at most this many characters. */
function fitting<Item>(all: readonly Item[], lengthOf: (item: Item) => number, most: number): Item[] {
  let text = 0;
  return all.filter((item, index) => {
    text += lengthOf(item);
    return index === 0 || text <= most;
  });
}

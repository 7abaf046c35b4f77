import type { Incident, Key, Rule, Verdict } from '../contract.ts';

/** What a tick found for a rule. */
export type Tick = {
  readonly at: number;
  readonly from: number;
  readonly verdict: Verdict;
  /** Whether each tick that fires is told. */
  readonly each: boolean;
  /** Messages that arrived since the tick before, of the keys for which it holds. */
  readonly fresh: number;
};

/** What becomes of a rule's incident at a tick, and which notice is due. */
export type Step = {
  readonly incident: Incident | undefined;
  readonly notice?: {
    readonly kind: 'firing' | 'repeat' | 'resolved';
    readonly incident: Incident;
    readonly matches: number;
    /** Keys that joined it since it was last told of. */
    readonly joined?: readonly Key[];
  };
};

/** How long keys that join an incident are collected before they are told of, ms; twice as long each time. */
const COLLECT = 300_000;
/** Keys that are remembered to have been told; beyond it, more of them are no news. */
const MAX_TOLD = 1000;
/** As many as a person may want to see. */
const MAX_SHOWN = 100;

/** Opens, goes on with, repeats or closes the incident of a rule. `number` names a new one. */
export function step(rule: Rule, incident: Incident | undefined, tick: Tick, number: number): Step {
  if (tick.verdict.size === 0) return incident ? close(rule, incident, tick) : { incident: undefined };
  const total = [...tick.verdict.values()].reduce((sum, count) => sum + count, 0);
  if (!incident) return open(rule, begun(rule, tick, total, number), tick);
  const lasting: Incident = {
    ...incident,
    lastAt: tick.at,
    keys: loudest(tick.verdict),
    groups: tick.verdict.size,
    total: incident.total + (tick.each ? total : tick.fresh),
    ...(!tick.each && { joining: joining(incident, tick) }),
  };
  if (lasting.state === 'pending') return open(rule, lasting, tick);
  if (tick.each) return told('firing', lasting, tick);
  const age = tick.at - lasting.noticedAt;
  if (age >= rule.repeat && lasting.acknowledged === undefined) return told('repeat', lasting, tick);
  const wait = Math.min(rule.repeat, COLLECT * 2 ** Math.min(20, lasting.notices - 1));
  if (!lasting.joining?.length || age < wait) return { incident: lasting };
  return toldOfJoined(lasting, tick);
}

/** Keys that nobody was told of yet, with the most that was counted of each, the loudest first. */
function joining(incident: Incident, { verdict }: Tick): Incident['joining'] & object {
  const { toldKeys = [], joining: before = [] } = incident;
  if (toldKeys.length >= MAX_TOLD) return before;
  const known = new Set(toldKeys);
  const all = new Map(before);
  for (const [key, count] of verdict) if (!known.has(key)) all.set(key, Math.max(count, all.get(key) ?? 0));
  return loudest(all);
}

function toldOfJoined(incident: Incident, tick: Tick): Step {
  const { joining: joined = [] } = incident;
  const { incident: next, notice } = told('firing', incident, tick);
  const keys = [...new Map([...joined, ...loudest(tick.verdict)])].slice(0, MAX_SHOWN);
  return { incident: next, notice: { ...notice!, incident: { ...next!, keys }, joined: joined.map(([key]) => key) } };
}

function begun(rule: Rule, { at, from, verdict }: Tick, total: number, number: number): Incident {
  return {
    id: `${rule.name}-${number}`,
    rule: rule.name,
    since: from,
    openedAt: at,
    lastAt: at,
    state: 'pending',
    keys: loudest(verdict),
    groups: verdict.size,
    total,
    told: 0,
    notices: 0,
    noticedAt: 0,
  };
}

function open(rule: Rule, incident: Incident, tick: Tick): Step {
  if (tick.at - incident.openedAt < rule.for) return { incident };
  return told('firing', { ...incident, state: 'open' }, tick);
}

function close(rule: Rule, incident: Incident, tick: Tick): Step {
  const { joining: joined = [] } = incident;
  if (incident.state === 'pending') return { incident: undefined };
  if (rule.resolve === 'off') {
    return joined.length > 0 ? { ...toldOfJoined(incident, tick), incident: undefined } : { incident: undefined };
  }
  const keys = joined.map(([key]) => key);
  const last = { ...incident, notices: incident.notices + 1 };
  return {
    incident: undefined,
    notice: {
      kind: 'resolved',
      incident: last,
      matches: untold(incident),
      ...(keys.length > 0 && { joined: keys }),
    },
  };
}

function told(kind: 'firing' | 'repeat', incident: Incident, { at, each, verdict }: Tick): Step {
  const { joining: joined = [], ...rest } = incident;
  const all = [...(incident.toldKeys ?? []), ...joined.map(([key]) => key), ...verdict.keys()];
  const next = {
    ...rest,
    notices: incident.notices + 1,
    noticedAt: at,
    told: incident.total,
    ...(!each && { toldKeys: [...new Set(all)].slice(0, MAX_TOLD) }),
  };
  return { incident: next, notice: { kind, incident: next, matches: untold(incident) } };
}

/** Messages of an incident that no notice has told of. */
function untold({ total, told: before = 0 }: Incident): number {
  return total - before;
}

/** Keys with their counts, the largest first. */
export function loudest(verdict: Verdict): (readonly [Key, number])[] {
  return [...verdict].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_SHOWN);
}

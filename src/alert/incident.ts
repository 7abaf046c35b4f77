import type { Incident, Key, Rule, Verdict } from './contract.ts';

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
  };
};

/** Opens, goes on with, repeats or closes the incident of a rule. `number` names a new one. */
export function step(rule: Rule, incident: Incident | undefined, tick: Tick, number: number): Step {
  if (tick.verdict.size === 0) return incident ? close(rule, incident) : { incident: undefined };
  const total = [...tick.verdict.values()].reduce((sum, count) => sum + count, 0);
  if (!incident) return open(rule, begun(rule, tick, total, number), tick);
  const lasting: Incident = {
    ...incident,
    lastAt: tick.at,
    keys: loudest(tick.verdict),
    groups: tick.verdict.size,
    total: incident.total + (tick.each ? total : tick.fresh),
  };
  if (lasting.state === 'pending') return open(rule, lasting, tick);
  if (tick.each) return told('firing', lasting, tick.at);
  const due = tick.at - lasting.noticedAt >= rule.repeat && lasting.acknowledged === undefined;
  return due ? told('repeat', lasting, tick.at) : { incident: lasting };
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

function open(rule: Rule, incident: Incident, { at }: Tick): Step {
  if (at - incident.openedAt < rule.for) return { incident };
  return told('firing', { ...incident, state: 'open' }, at);
}

function close(rule: Rule, incident: Incident): Step {
  if (incident.state === 'pending' || rule.resolve === 'off') return { incident: undefined };
  const matches = untold(incident);
  return {
    incident: undefined,
    notice: { kind: 'resolved', incident: { ...incident, notices: incident.notices + 1 }, matches },
  };
}

function told(kind: 'firing' | 'repeat', incident: Incident, at: number): Step {
  const next = { ...incident, notices: incident.notices + 1, noticedAt: at, told: incident.total };
  return { incident: next, notice: { kind, incident: next, matches: untold(incident) } };
}

/** Messages of an incident that no notice has told of. */
function untold({ total, told: before = 0 }: Incident): number {
  return total - before;
}

/** Keys with their counts, the largest first; as many as a person may want to see. */
export function loudest(verdict: Verdict): (readonly [Key, number])[] {
  return [...verdict].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_SHOWN);
}

const MAX_SHOWN = 100;

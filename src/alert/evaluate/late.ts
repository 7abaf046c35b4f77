import { MINUTE } from '../../base/units.ts';
import { singleIncident } from '../notices/incident.ts';
import type { Verdict } from '../rules/judge.ts';
import type { Key } from '../rules/keys.ts';
import type { Buckets } from './buckets.ts';
import { largest } from './incident.ts';
import type { Finding, RuleState } from './rule-state.ts';
import { bucketsOf, type ReadyRule, windowOf } from './window.ts';
import type { AlertWorld } from './world.ts';

/** Past ticks that are judged again over the counts of one stretch. */
const CHUNK = 50;
/** Past ticks that are judged again, at most; the newest of them: three days of minutes. */
const MAX_TICKS = 4320;

type Before = { readonly old: RuleState; readonly world: AlertWorld };

/**
 * Findings of messages that arrived for windows judged before: for events every message, for states
 * the windows that fire with these messages and did not without. Adjacent windows make one finding.
 * @param late counts of these messages alone, for each of the rule's queries
 */
export async function lateFindings(ready: ReadyRule, late: readonly Buckets[], before: Before): Promise<Finding[]> {
  const minutes = [...new Set(late.flatMap((one) => one.minutes()))].sort((a, b) => a - b);
  const [first] = minutes;
  const end = (minutes.at(-1) ?? 0) + MINUTE;
  if (first === undefined) return [];
  const { rule, judge } = ready;
  if (judge.each) {
    const sums = late[0]!.sums(first, end);
    return sums.size === 0 ? [] : [findingOf(ready, sums, { from: first, at: end, after: before.old.cursor })];
  }
  const ticks = affectedTicks(ready, minutes, before);
  const findings: Finding[] = [];
  const known = new Set(before.old.series.flatMap(({ keys }) => keys.map(([key]) => key)));
  for (let from = 0; from < ticks.length; from += CHUNK) {
    const chunk = ticks.slice(from, from + CHUNK);
    const to = chunk.at(-1)!;
    const load = (filter: ReadyRule['filters'][number]) =>
      bucketsOf(before.world, { filter, rule, from: chunk[0]! - rule.window, to, known });
    const now = await Promise.all(ready.filters.map(load));
    findings.push(...(await changed(ready, { chunk, now, late }, before)));
  }
  return findings;
}

/** The past ticks whose windows have one of these minutes. */
function affectedTicks({ rule, schedule }: ReadyRule, minutes: readonly number[], { old, world }: Before): number[] {
  const since = Math.floor(old.since / MINUTE) * MINUTE;
  const last = Math.min(old.tick, minutes.at(-1)! + rule.window);
  const ticks = schedule.ticks(Math.max(minutes[0]!, since - MINUTE), last).filter((tick) => {
    const next = minutes.find((minute) => minute >= tick - rule.window);
    return next !== undefined && next < tick;
  });
  if (ticks.length > MAX_TICKS) {
    const left = ticks.length - MAX_TICKS;
    world.log.warn(`rule ${rule.name}: messages arrived too late to judge ${left} of its ticks again`);
  }
  return ticks.slice(-MAX_TICKS);
}

type Chunk = { readonly chunk: readonly number[]; readonly now: readonly Buckets[]; readonly late: readonly Buckets[] };

/** Windows that fire with the late messages and did not without. */
async function changed(ready: ReadyRule, { chunk, now, late }: Chunk, { old, world }: Before): Promise<Finding[]> {
  const { rule, judge } = ready;
  const then = now.map((one, index) => one.without(late[index]!));
  const stretches: { from: number; at: number; keys: Set<Key> }[] = [];
  for (const at of chunk) {
    const judged = { at, previous: at - rule.window, since: old.since, world };
    const was = await judge.judge(windowOf(ready, then, judged));
    const is = await judge.judge(windowOf(ready, now, judged));
    const keys = [...is.keys()].filter((key) => !was.has(key));
    if (keys.length === 0) continue;
    const last = stretches.at(-1);
    if (last && last.at >= at - rule.window) {
      last.at = at;
      for (const key of keys) last.keys.add(key);
    } else stretches.push({ from: at - rule.window, at, keys: new Set(keys) });
  }
  return stretches.map(({ from, at, keys }) => {
    const sums = now[0]!.sums(from, at);
    return findingOf(ready, new Map([...keys].map((key) => [key, sums.get(key) ?? 0])), { from, at });
  });
}

function findingOf(
  { rule: { name } }: ReadyRule,
  verdict: Verdict,
  where: Omit<Finding, 'kind' | 'incident'>,
): Finding {
  const { from: since, at } = where;
  const keys = largest(verdict);
  const total = [...verdict.values()].reduce((sum, count) => sum + count, 0);
  const incident = singleIncident({ id: `${name}-late-${at}`, rule: name, since, keys, total }, at);
  return { kind: 'late', incident, ...where };
}

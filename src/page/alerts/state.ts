import type { Incident, RuleRow } from '../api/operations.ts';
import { searchAddress } from '../state/address.ts';
import { termFor } from '../state/terms.ts';

export type RuleLook = 'firing' | 'acknowledged' | 'pending' | 'silenced' | 'new' | 'ok';

/** What a rule is shown as. What fires comes first, and of it what is not acknowledged. */
const ORDER: readonly RuleLook[] = ['firing', 'acknowledged', 'pending', 'silenced', 'new', 'ok'];

export function lookOf({ incident, silencedUntil, tick }: RuleRow): RuleLook {
  if (incident?.state === 'open') return incident.acknowledged ? 'acknowledged' : 'firing';
  if (incident) return 'pending';
  if (silencedUntil !== undefined) return 'silenced';
  return tick === undefined ? 'new' : 'ok';
}

/** Firing first, the newest above; rules that are well by name. */
export function sortedRules(rules: readonly RuleRow[]): RuleRow[] {
  return rules.toSorted(
    (a, b) =>
      ORDER.indexOf(lookOf(a)) - ORDER.indexOf(lookOf(b)) ||
      (b.incident?.openedAt ?? 0) - (a.incident?.openedAt ?? 0) ||
      a.rule.localeCompare(b.rule),
  );
}

/** The search that finds the lines of an incident; of one of its keys, if that is given. */
export function linesOf(rule: RuleRow, incident: Incident, key?: string): string {
  const terms = key === undefined ? [] : termsOf(rule.by, key);
  const query =
    terms.length === 0
      ? rule.query
      : [/\s(?:OR|\|\|)\s/.test(rule.query) ? `(${rule.query})` : rule.query, ...terms].join(' ');
  return searchAddress({
    query,
    from: new Date(incident.since).toISOString(),
    // The last window that fired ends with its tick; a firing rule may have had lines since.
    to:
      incident.state === 'open' && Date.now() - incident.lastAt < 600_000
        ? ''
        : new Date(incident.lastAt).toISOString(),
  });
}

/** The conditions of a key; empty for what is counted together. */
function termsOf(by: readonly string[], key: string): string[] {
  const values = valuesOf(key);
  if (by.length === 0 || values.length !== by.length) return [];
  return values.map((value, at) => (value === null ? `-_exists_:${by[at]}` : termFor(by[at]!, value)));
}

/** `["web1"]`: a key is the JSON of its values. */
function valuesOf(key: string): readonly (string | number | null)[] {
  try {
    const values: unknown = JSON.parse(key);
    return Array.isArray(values) ? (values as (string | number | null)[]) : [];
  } catch {
    return [];
  }
}

export function keyName(key: string): string {
  return valuesOf(key)
    .map((value) => value ?? '(none)')
    .join(' ');
}

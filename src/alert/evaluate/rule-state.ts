import type { Incident } from '../notices/incident.ts';
import type { Notice } from '../notices/notice.ts';
import type { Key } from '../rules/keys.ts';
import type { StoredBuckets } from './buckets.ts';
import type { StoredTemplates } from './templates.ts';

/**
 * Everything that is kept about a rule; one value under one key. The names here are a stored
 * format.
 */
export type RuleState = {
  /**
   * Fingerprint of the settings that the buckets depend on: if they change, the rule starts again.
   */
  readonly print: string;
  /** The last id that was counted, one for each node. */
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

/** The key of a rule's state. */
export function ruleKey(rule: string): string {
  return `${RULE_PREFIX}${rule}`;
}
export const RULE_PREFIX = 'rule/';

/** What happened at a tick that is to be reported. */
export type Finding = {
  readonly kind: Notice['kind'];
  readonly incident: Incident;
  readonly at: number;
  readonly from: number;
  /** Keys that joined the incident since the last notice. */
  readonly joined?: readonly Key[];
  /** Only messages that arrived after these ids belong to it. */
  readonly after?: readonly string[];
  /** Messages of the window that were counted under `OTHER`. */
  readonly cut?: number;
  /** Messages of the incident that no earlier notice reported. */
  readonly matches?: number;
};

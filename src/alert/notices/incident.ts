import type { Key } from '../rules/keys.ts';

/**
 * Lasts as long as a rule's condition holds; a rule has at most one, with all its keys. Stored in
 * rules and notices: the names here are a stored format.
 */
export type Incident = {
  /** `nginx-errors-17`. */
  readonly id: string;
  readonly rule: string;
  /** The beginning of the first window that fired, and the tick that found it, ms. */
  readonly since: number;
  readonly openedAt: number;
  /** The last tick for which the condition held, ms. */
  readonly lastAt: number;
  /** `pending` until `for` has passed: nothing has been sent yet. */
  readonly state: 'pending' | 'open';
  /** Counts of the last window that fired, by key. */
  readonly keys: readonly (readonly [Key, number])[];
  /** How many keys there were; `keys` has only the largest. */
  readonly groups?: number;
  /** Matching messages since it began, and as of the last notice. */
  readonly total: number;
  readonly told?: number;
  /** Notices so far, and when the last was due, ms. */
  readonly notices: number;
  readonly noticedAt: number;
  /** Keys that have been reported. */
  readonly toldKeys?: readonly Key[];
  /** Keys that joined since the last notice, with the highest count of each. */
  readonly joining?: readonly (readonly [Key, number])[];
  /** An operator has acknowledged it: nothing is repeated. */
  readonly acknowledged?: { readonly at: number; readonly note?: string };
};

/**
 * An incident for something that is reported once, at `at`: open, with its only notice counted
 * already.
 */
export function singleIncident(
  given: Pick<Incident, 'id' | 'rule' | 'since' | 'keys' | 'total'>,
  at: number,
): Incident {
  return { ...given, openedAt: at, lastAt: at, state: 'open', notices: 1, noticedAt: at };
}

import type { Filter } from '../../model/filter.ts';
import type { Key } from './keys.ts';

/** The counts that one judgement sees. */
export type WindowCounts = {
  /** ms; `to` is the tick, and is excluded. */
  readonly from: number;
  readonly to: number;
  /** The tick before this one, ms. */
  readonly previous: number;
  /**
   * Messages of the window by key, for the rule's own query or the further query with this index.
   */
  sums(series?: number): ReadonlyMap<Key, number>;
  /** The same for messages that arrived since the tick before. */
  fresh(): ReadonlyMap<Key, number>;
  /** Since when the rule has been judged, ms. */
  readonly since: number;
  /** Whether a key had no message before the previous tick. */
  unseen(key: Key): boolean;
  /** Keys that had messages within the rule's memory, the window included. */
  known(): ReadonlySet<Key>;
  /** The rule's own counts over another stretch of time, from the store. */
  over(from: number, to: number): Promise<ReadonlyMap<Key, number>>;
  /** Whether we were listening all the time, in the window or in another stretch. */
  covered(from?: number, to?: number): Promise<boolean>;
};

/** The keys for which the condition holds, with their counts. */
export type Verdict = ReadonlyMap<Key, number>;

/** The condition of a rule. */
export interface Judge {
  /** Queries that are counted beside the rule's own. */
  readonly further: readonly Filter[];
  /** How long keys are remembered before a window, ms. */
  readonly memory: number;
  judge(window: WindowCounts): Promise<Verdict>;
  /** The condition in words: `more than 20 in 10m`. */
  readonly condition: string;
  /**
   * Whether each tick that fires is reported, not only the first: messages are events, not a state.
   */
  readonly each: boolean;
  /**
   * Whether keys are program and template, derived from each message, instead of the values of
   * `by`.
   */
  readonly byTemplate?: true;
}
export type OpenRule = (rule: never) => Judge;

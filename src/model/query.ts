import type { Filter } from './filter.ts';

/** Which messages, in which order, how many. Bounds of time are on `received_at`. */
export type Query = {
  readonly filter: Filter;
  /** ms, included. */
  readonly since?: number;
  /** ms, excluded. */
  readonly until?: number;
  /** Ids strictly above, one for each node that the cursor knows; a node it does not name is read from its start. */
  readonly after?: readonly string[];
  /** Ids strictly below; for paging backwards. */
  readonly before?: string;
  /** Ids at or below, one for each node: never look past what is visible. A node not named is not held back. */
  readonly upTo?: readonly string[];
  readonly order: 'oldest' | 'newest';
  /** Messages at most. */
  readonly limit?: number;
};

/** Counting: what to group by. */
export type Grouping = {
  /** Field names; an absent value groups under null, several values (`flags`, repeated params) count for each. */
  readonly by: readonly string[];
  /** ms of a bucket of `received_at`, aligned to multiples of it since 1970. */
  readonly every?: number;
  /** Groups at most: with one more than these a store may stop counting, and returns what it has. */
  readonly atMost?: number;
  /** The groups to tell apart, by their values; what is of none of them is one group for each bucket, the `rest`. */
  readonly only?: readonly Group['values'][];
};

export type Group = {
  /** One value for each of `by`; none where it is the rest. */
  readonly values: readonly (string | number | null)[];
  /** All that is of no group of `only`. */
  readonly rest?: true;
  /** Start of the bucket in ms, where `every` was asked for. */
  readonly at?: number;
  readonly count: number;
};

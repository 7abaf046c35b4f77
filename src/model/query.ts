import type { Filter } from './filter.ts';

/** Which messages to find, in which order, and how many. Bounds of time refer to `received_at`. */
export type Query = {
  readonly filter: Filter;
  /** ms, included. */
  readonly since?: number;
  /** ms, excluded. */
  readonly until?: number;
  /**
   * Only ids above these, one for each node that the cursor knows. Other nodes are read from their
   * start.
   */
  readonly after?: readonly string[];
  /** Only ids below this one, for paging backwards. */
  readonly before?: string;
  /**
   * Only ids at or below these, one for each node: the last visible messages. Other nodes are not
   * limited.
   */
  readonly upTo?: readonly string[];
  readonly order: 'oldest' | 'newest';
  /** The most messages to find. */
  readonly limit?: number;
};

/** How to group messages that are counted. */
export type Grouping = {
  /**
   * Field names. An absent value counts under null; of several values (`flags`, repeated
   * parameters), each counts.
   */
  readonly by: readonly string[];
  /** Length of a bucket of `received_at`, ms; buckets begin at multiples of it since 1970. */
  readonly every?: number;
  /** The most groups. A store may stop counting at one more, and returns what it has. */
  readonly atMost?: number;
  /** Values of text are cut to this many characters before they are kept and compared. */
  readonly cutAt?: number;
  /**
   * The most characters of text that the values of all groups may have. A store may stop counting
   * beyond it, and returns what it has.
   */
  readonly atMostText?: number;
  /**
   * The groups to count, by their values. All other messages form one group for each bucket, the
   * `rest`.
   */
  readonly only?: readonly Group['values'][];
};

export type Group = {
  /** One value for each field of `by`; none for the rest. */
  readonly values: readonly (string | number | null)[];
  /** Set for the messages that are in no group of `only`. */
  readonly rest?: true;
  /** Start of the bucket, ms, if the grouping has `every`. */
  readonly at?: number;
  readonly count: number;
};

import type { Filter } from '../../model/filter.ts';

/**
 * From the least to the most important: if disk runs short, the least important stream is deleted
 * from first.
 */
export const IMPORTANCES = ['low', 'normal', 'high'] as const;
export type Importance = (typeof IMPORTANCES)[number];

/** How a stream is stored and expired; from `streams:` in the configuration. */
export type StreamPolicy = {
  readonly name: string;
  /** ms after arrival; undefined keeps messages forever. */
  readonly keep?: number;
  /** Bytes in the store; undefined means that only `maxDisk` limits it. */
  readonly maxSize?: number;
  /** Default `normal`. */
  readonly importance?: Importance;
};

/** What retention deletes. A stream without a policy is kept and has normal importance. */
export type Retention = {
  readonly streams: readonly StreamPolicy[];
  /** Bytes that all streams may take together. */
  readonly maxDisk?: number;
  /** Bytes of the file system that messages leave free; see `KeepFree`. */
  readonly keepFree?: number;
};

/** Which limit caused a removal. */
export type RemovalCause = 'keep' | 'max_size' | 'max_disk';

/** Messages of one stream and UTC day of arrival that retention deleted. */
export type Removal = {
  readonly stream: string;
  /** `2026-11-22`. */
  readonly day: string;
  readonly messages: number;
  readonly bytes: number;
  readonly why: RemovalCause;
  /** Messages of this stream that arrived before this (ms) may be gone. */
  readonly until: number;
};

/** A limit that is exceeded. */
export type Excess = {
  readonly limit: 'max_size' | 'max_disk';
  /** The stream of a `max_size`. */
  readonly stream?: string;
  readonly bytes: number;
  readonly allowed: number;
  /** How many of the bytes are pinned by holds. */
  readonly heldBytes: number;
  /** Whether the next `expire` deletes more. */
  readonly goesOn: boolean;
};

/**
 * What one `expire` did. A store whose server deletes by itself (a TTL index) reports what it can
 * count.
 */
export type ExpireReport = {
  readonly removed: readonly Removal[];
  /** Limits that are still exceeded. */
  readonly exceeded: readonly Excess[];
};

/** Where the remaining messages of a stream begin. */
export type RetentionEdge = {
  readonly stream: string;
  /** Messages that arrived before this (ms) are gone, hidden, or pinned by a hold. */
  readonly until: number;
  readonly why: RemovalCause;
};

/**
 * Pins messages that arrived from `since` to below `until` (ms) and match, against all retention,
 * until it is released. Holds lie in the store's state, namespace `HOLDS`, by name; a store reads
 * them at each `expire` and each question.
 */
export type Hold = {
  readonly name: string;
  readonly since?: number;
  readonly until?: number;
  /** The query as it was typed. */
  readonly query: string;
  /** What the query meant when the hold was added. */
  readonly filter: Filter;
  readonly why: string;
  /** ms. */
  readonly addedAt: number;
};

/** Holds as people see and change them. */
export interface Holds {
  /** By name. */
  list(): Promise<Hold[]>;
  /** @throws CordwoodError ERR_USAGE if a hold of this name exists */
  add(hold: Hold): Promise<void>;
  /**
   * Unpins the messages; the next expiry may delete them. @throws CordwoodError ERR_USAGE if there
   * is no such hold
   */
  release(name: string): Promise<Hold>;
}

/** The namespace of the store's state that holds lie in. */
export const HOLDS = 'holds';

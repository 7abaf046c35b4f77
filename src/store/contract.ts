import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Position } from '../model/id.ts';
import type { LogMessage } from '../model/message.ts';
import type { Group, Grouping, Query } from '../model/query.ts';
import type { ExpireReport, Retention, RetentionEdge } from './retention/contract.ts';

export * from './retention/contract.ts';

/** The writing side of a store; a node has exactly one. */
export interface StoreWriter extends AsyncDisposable {
  /**
   * Stores the rows of a batch, each in its stream; resolves when they are visible to readers.
   * Idempotent on `_id`: rows that are already stored change nothing. Batches of one node come in
   * ascending order of id.
   */
  insert(batch: MessageBatch): Promise<void>;
  /**
   * A time of the store's own clock at which everything inserted was visible; a reader that waits
   * for this time sees all of it. Absent if readers always see everything.
   */
  readonly clusterTime?: bigint | undefined;
  /**
   * Makes everything inserted survive a power loss, and records `position` as *safe* for its node
   * together with `entries`: after a crash either both are there or neither. Entries are written
   * whatever revision their keys have.
   */
  makeSafe(position: Position, entries?: readonly StateChange[]): Promise<void>;
  /** The last position that `makeSafe` recorded for a node; undefined for a new node. */
  safe(node: number): Promise<Position | undefined>;
  /**
   * Sequences of the position's node above it that are already stored, in any stream: a restart
   * skips them.
   */
  storedAfter(position: Position): Promise<StoredSequences>;
  /** Merges small blocks for at most `budgetMs`; returns whether more work is left. */
  maintain(budgetMs: number): Promise<boolean>;
  /**
   * Applies retention as of `now` (ms): deletes messages past their `keep`, then the oldest
   * messages over a `max_size` or over `max_disk`, except those that a hold pins. Called every few
   * seconds; cheap if there is nothing to delete.
   */
  expire(now: number): Promise<ExpireReport>;
  /** Replaces the retention policies, after a reload of the configuration. */
  setRetention(retention: Retention): void;
  /** The highest `received_at` stored, ms, or 0: the arrival clock starts no lower. */
  latest(): Promise<number>;
  state(namespace: string): StoreState;
  /** Set if the state was damaged when the store was opened. */
  readonly recovered?: StateRecovery | undefined;
}

/** What became of a damaged state: entries that were written between two times (ms) are gone. */
export type StateRecovery = {
  readonly from: number;
  readonly to: number;
  /**
   * The nodes that have rows, last the one of the newest row, if the state began again without
   * entries; absent if it goes on from a copy.
   */
  readonly nodes?: readonly number[];
};

export interface StoredSequences {
  readonly size: number;
  has(sequence: number): boolean;
}

/** The reading side of a store; any number of them, in any process. */
export interface StoreReader extends AsyncDisposable {
  /**
   * Yields messages in `_id` order, in chunks; yields the thread between chunks; ends early on
   * `signal`.
   */
  find(query: Query, signal: AbortSignal): AsyncIterable<readonly LogMessage[]>;
  /** From now on, answers are no older than this `clusterTime` of a writer. */
  advanceClusterTime?(time: bigint): void;
  /**
   * Counts matching messages, ignoring `order` and `limit`; groups in no particular order, a single
   * one without a grouping.
   */
  aggregate(query: Query, grouping: Grouping, signal: AbortSignal): Promise<Group[]>;
  /**
   * Names of the fields that occur, including structured data, with the number of messages that
   * carry them. If there are more than `atMost`, some `atMost` + 1 of them.
   */
  fieldNames(query: Query, signal: AbortSignal, atMost?: number): Promise<{ name: string; count: number }[]>;
  stats(): Promise<StoreStats>;
  /** Expiry times as the database has them now; absent if the store deletes messages itself. */
  expiries?(): Promise<Expiry[]>;
  /**
   * The commands that drop indexes which the configuration does not name; absent if the store has
   * no such indexes.
   */
  spareIndexes?(): Promise<string[]>;
  /**
   * As the writer's. Messages past their `keep` are hidden even before they are deleted, unless a
   * hold pins them.
   */
  setRetention(retention: Retention): void;
  /**
   * Pins the messages of all holds now; only for a store whose server deletes without reading holds
   * (a TTL index).
   */
  pinHeld?(): Promise<void>;
  /** How far retention has deleted or hidden each stream; complete streams have no entry. */
  retentionEdges(): Promise<RetentionEdge[]>;
  /** The server clock that all nodes share, ms; absent if the store has no server. */
  time?(): Promise<number>;
  /** Damaged pieces met so far, as in `stats` but at no cost; absent if only `stats` can count them. */
  readonly damaged?: number | undefined;
  /** As the writer's; for a command that reads the spool itself because no server is running. */
  safe(node: number): Promise<Position | undefined>;
  storedAfter(position: Position): Promise<StoredSequences>;
  /** The oldest `received_at` that a search may find, ms; undefined if nothing is stored. */
  oldest(): Promise<number | undefined>;
  state(namespace: string): StoreState;
}

/** When the database itself deletes the messages of a collection. */
export type Expiry = {
  readonly collection: string;
  readonly stream: string;
  /** Only for a collection of one day, which is dropped as a whole. */
  readonly day?: string;
  /** ms after arrival, by the collection's TTL index; undefined if it has none. */
  readonly after?: number;
};

export type StoreStats = {
  readonly kind: string;
  readonly days: readonly {
    readonly stream: string;
    /** UTC day of arrival, `2026-11-22`. */
    readonly day: string;
    readonly messages: number;
    /** As received. */
    readonly rawBytes: number;
    /** On disk. */
    readonly storedBytes: number;
  }[];
  /** Damaged pieces met and skipped. */
  readonly damaged: number;
  /** The file system of the store, in bytes, if it is known. */
  readonly disk?: { readonly size: number; readonly free: number };
};

/** A small key-value part of the store for values that must survive a restart. Values are JSON. */
export interface StoreState {
  get(key: string): Promise<StateEntry | undefined>;
  /**
   * Writes if the key still has `revision` (0: the key does not exist yet); a `value` of undefined
   * deletes.
   * @returns whether it was written
   */
  put(key: string, value: unknown, revision: number): Promise<boolean>;
  /** Entries whose key begins with `prefix`, by key. */
  scan(prefix: string): Promise<StateEntry[]>;
  /**
   * Takes or renews a lease for `ms`, at most `LONGEST_LEASE`; @returns whether `holder` has it
   * now. A lease that would last longer than that was given before the clock was set back, and is
   * ignored.
   */
  lease(key: string, holder: string, ms: number): Promise<boolean>;
}

export type StateEntry = { readonly key: string; readonly value: unknown; readonly revision: number };

/** A key to write; a `value` of undefined deletes it. */
export type StateChange = { readonly namespace: string; readonly key: string; readonly value: unknown };

/** ms. */
export const LONGEST_LEASE = 600_000;

/** What every kind of store is opened with. If `maxDisk` is small, data is kept in smaller pieces. */
export type StoreOptions = Retention & {
  /** The data folder. */
  readonly folder: string;
  /** Decides what is past its `keep`; injected, so that tests can set the time. */
  readonly now: Clock;
  readonly log?: Logger;
  /**
   * Called once for each row that the writer put aside as a dead letter, before its `insert`
   * resolves.
   */
  readonly onDeadLetter?: (batch: MessageBatch, row: number) => void;
};

/** The two sides of a kind of store. */
export type StoreOpeners = {
  /** @throws CordwoodError ERR_DATA_VERSION if a newer version wrote the data */
  readonly openWriter: (options: StoreOptions) => Promise<StoreWriter>;
  readonly openReader: (options: StoreOptions) => Promise<StoreReader>;
  /**
   * Rewrites what an earlier build wrote in the present layout; absent if the store reads it as it
   * is.
   */
  readonly convert?: (options: ConvertOptions) => Promise<Converted>;
};

export type ConvertOptions = {
  readonly signal: AbortSignal;
  /** Called after each piece, with the counts so far. */
  readonly onProgress: (done: Converted) => void;
};

/** Messages looked at, and those of them that had to be rewritten. */
export type Converted = { readonly seen: number; readonly converted: number };

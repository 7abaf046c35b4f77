import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Position } from '../model/id.ts';
import type { LogMessage } from '../model/message.ts';
import type { Group, Grouping, Query } from '../model/query.ts';

/** The side of a store that the one writer holds. */
export interface StoreWriter extends AsyncDisposable {
  /**
   * Stores the rows of a batch, each in its stream; resolves when readers can see them. Idempotent on `_id`:
   * rows that are held already change nothing. Within one node, batches come in ascending order of id.
   */
  insert(batch: MessageBatch): Promise<void>;
  /**
   * Makes all that was inserted survive a power loss and records `position` as *safe* of its node, and `entries` with it:
   * whatever happens, they are as new as *safe* is, or as old. They are written whatever revision their keys have.
   */
  settle(position: Position, entries?: readonly StateChange[]): Promise<void>;
  /** The last position that `settle` recorded for a node; undefined for a new one. */
  safe(node: number): Promise<Position | undefined>;
  /** Sequences above `position` of its node that are stored, in whichever stream: a restart skips them. */
  heldAfter(position: Position): Promise<HeldSequences>;
  /** Small upkeep (merging) for at most `budgetMs`; returns whether more is left. */
  maintain(budgetMs: number): Promise<boolean>;
  /** Applies retention as of `now` (ms). */
  expire(now: number): Promise<ExpireReport>;
  /** The highest `received_at` stored, ms, or 0: the arrival clock starts no lower. */
  latest(): Promise<number>;
  state(namespace: string): StoreState;
}

export interface HeldSequences {
  readonly size: number;
  has(sequence: number): boolean;
}

export type ExpireReport = { readonly messages: number; readonly bytes: number; readonly removed: readonly string[] };

/** The side that answers questions; any number of them, beside the writer and in other processes. */
export interface StoreReader extends AsyncDisposable {
  /** Messages in `_id` order, in chunks as they are found; gives up the thread between chunks; ends early on `signal`. */
  find(query: Query, signal: AbortSignal): AsyncIterable<readonly LogMessage[]>;
  /** Counts of matching messages (`order` and `limit` mean nothing), in no particular order; one group where nothing is grouped by. */
  aggregate(query: Query, grouping: Grouping, signal: AbortSignal): Promise<Group[]>;
  /** Names of the fields that occur, structured data included, with the number of messages that carry them. */
  fieldNames(query: Query, signal: AbortSignal): Promise<{ name: string; count: number }[]>;
  stats(): Promise<StoreStats>;
  /** Damaged pieces met so far, as in `stats`, at no cost; absent where only `stats` knows. */
  readonly damaged?: number | undefined;
  /** As the writer's: what a command needs that reads the spool itself, where no server runs. */
  safe(node: number): Promise<Position | undefined>;
  heldAfter(position: Position): Promise<HeldSequences>;
  /** The oldest `received_at` that may still be found, ms; undefined where nothing is stored. */
  oldest(): Promise<number | undefined>;
  state(namespace: string): StoreState;
}

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
};

/** A small key-value part for what must outlive a restart. Values are JSON. */
export interface StoreState {
  get(key: string): Promise<StateEntry | undefined>;
  /** Writes where the key still has `revision` (0: does not exist yet); @returns whether it did. `undefined` deletes. */
  put(key: string, value: unknown, revision: number): Promise<boolean>;
  /** Entries whose key begins with `prefix`, by key. */
  scan(prefix: string): Promise<StateEntry[]>;
  /** Takes or renews a lease for `ms`; @returns whether `holder` has it now. */
  lease(key: string, holder: string, ms: number): Promise<boolean>;
}

export type StateEntry = { readonly key: string; readonly value: unknown; readonly revision: number };

/** A key to be written; a `value` of undefined deletes it. */
export type StateChange = { readonly namespace: string; readonly key: string; readonly value: unknown };

/** What a store needs to keep apart and to throw away; from `streams:` in the configuration. */
export type StreamPolicy = {
  readonly name: string;
  /** ms; undefined keeps for ever. */
  readonly keep?: number;
};

/** What any store is opened with. */
export type StoreOptions = {
  /** The data folder. */
  readonly folder: string;
  readonly streams: readonly StreamPolicy[];
  /** Judges what is past its `keep`; injected, so that tests can be any time they like. */
  readonly now: Clock;
  readonly log?: Logger;
  /** Told of each row that the writer put aside as a dead letter, once, before its `insert` resolves. */
  readonly onDeadLetter?: (batch: MessageBatch, row: number) => void;
  /** Bytes that all streams may take together: where it is small, data is kept in smaller pieces. */
  readonly maxDisk?: number;
};

/** The two sides of a kind of store. */
export type StoreOpeners = {
  /** @throws CordwoodError ERR_DATA_VERSION where a newer version wrote the data */
  readonly openWriter: (options: StoreOptions) => Promise<StoreWriter>;
  readonly openReader: (options: StoreOptions) => Promise<StoreReader>;
};

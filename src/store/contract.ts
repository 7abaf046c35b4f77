import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Filter } from '../model/filter.ts';
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
   * A time of the store's own clock at which all that was inserted was there: a reader may be told to read nothing older.
   * Absent where readers always see it.
   */
  readonly reached?: bigint | undefined;
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
  /**
   * Applies retention as of `now` (ms): deletes what is past its `keep`, then the oldest of what is over a `max_size` or
   * over `max_disk`, except what a hold pins. Due every few seconds, and cheap where nothing is to be done.
   */
  expire(now: number): Promise<ExpireReport>;
  /** From now on these policies apply; at run time, after a change of the configuration. */
  retain(retention: Retention): void;
  /** The highest `received_at` stored, ms, or 0: the arrival clock starts no lower. */
  latest(): Promise<number>;
  state(namespace: string): StoreState;
}

export interface HeldSequences {
  readonly size: number;
  has(sequence: number): boolean;
}

/** What an `expire` took. A store that deletes by itself (a TTL index) reports what it can count. */
export type ExpireReport = {
  readonly removed: readonly Removal[];
  /** Why more is kept than the limits allow: each limit that is still exceeded. */
  readonly exceeded: readonly Excess[];
};

/** Messages of one stream and UTC day of arrival that retention took. */
export type Removal = {
  readonly stream: string;
  /** `2026-11-22`. */
  readonly day: string;
  readonly messages: number;
  readonly bytes: number;
  readonly why: RemovalCause;
  /** Of this stream, what arrived before this (ms) may be gone. */
  readonly until: number;
};

export const REMOVAL_CAUSES = ['keep', 'max_size', 'max_disk'] as const;
export type RemovalCause = (typeof REMOVAL_CAUSES)[number];

/** A limit that is exceeded, and what stands in the way of keeping it. */
export type Excess = {
  readonly limit: 'max_size' | 'max_disk';
  /** The stream of a `max_size`. */
  readonly stream?: string;
  readonly bytes: number;
  readonly allowed: number;
  /** Bytes of it that holds pin. */
  readonly heldBytes: number;
};

/** The side that answers questions; any number of them, beside the writer and in other processes. */
export interface StoreReader extends AsyncDisposable {
  /** Messages in `_id` order, in chunks as they are found; gives up the thread between chunks; ends early on `signal`. */
  find(query: Query, signal: AbortSignal): AsyncIterable<readonly LogMessage[]>;
  /** From now on, answers are no older than this time, which a writer has `reached`. */
  reach?(time: bigint): void;
  /** Counts of matching messages (`order` and `limit` mean nothing), in no particular order; one group where nothing is grouped by. */
  aggregate(query: Query, grouping: Grouping, signal: AbortSignal): Promise<Group[]>;
  /** Names of the fields that occur, structured data included, with the number of messages that carry them. */
  fieldNames(query: Query, signal: AbortSignal): Promise<{ name: string; count: number }[]>;
  stats(): Promise<StoreStats>;
  /** Where a server deletes by itself: when, as it is set there now. */
  expiries?(): Promise<Expiry[]>;
  /** As the writer's: what is past its `keep` is not shown, deleted or not, unless a hold pins it. */
  retain(retention: Retention): void;
  /** Pins at once what the holds mean: of a store that deletes without asking for them first, as a TTL index does. */
  pin?(): Promise<void>;
  /** What retention has taken from each stream, or hides: the last of it. A stream that is whole has no entry. */
  retained(): Promise<RetentionEdge[]>;
  /** The clock of the server that all nodes share, ms; absent where there is none. */
  time?(): Promise<number>;
  /** Damaged pieces met so far, as in `stats`, at no cost; absent where only `stats` knows. */
  readonly damaged?: number | undefined;
  /** As the writer's: what a command needs that reads the spool itself, where no server runs. */
  safe(node: number): Promise<Position | undefined>;
  heldAfter(position: Position): Promise<HeldSequences>;
  /** The oldest `received_at` that may still be found, ms; undefined where nothing is stored. */
  oldest(): Promise<number | undefined>;
  state(namespace: string): StoreState;
}

/** When a collection's messages are deleted by the server itself. */
export type Expiry = {
  readonly collection: string;
  readonly stream: string;
  /** Only of a collection of one day, which is dropped whole. */
  readonly day?: string;
  /** ms after arrival, by the TTL index that is there; undefined where there is none. */
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
  /** The file system that the store lies on, where that can be told. */
  readonly disk?: { readonly size: number; readonly free: number };
};

/** Where what is left of a stream begins. */
export type RetentionEdge = {
  readonly stream: string;
  /** What arrived before this (ms) is gone, hidden, or there only because a hold pins it. */
  readonly until: number;
  readonly why: RemovalCause;
};

/** A small key-value part for what must outlive a restart. Values are JSON. */
export interface StoreState {
  get(key: string): Promise<StateEntry | undefined>;
  /** Writes where the key still has `revision` (0: does not exist yet); @returns whether it did. `undefined` deletes. */
  put(key: string, value: unknown, revision: number): Promise<boolean>;
  /** Entries whose key begins with `prefix`, by key. */
  scan(prefix: string): Promise<StateEntry[]>;
  /**
   * Takes or renews a lease for `ms`, `LONGEST_LEASE` at most; @returns whether `holder` has it now. One that would last
   * longer was given before the clock was set back, and counts no more.
   */
  lease(key: string, holder: string, ms: number): Promise<boolean>;
}

export type StateEntry = { readonly key: string; readonly value: unknown; readonly revision: number };

/** A key to be written; a `value` of undefined deletes it. */
export type StateChange = { readonly namespace: string; readonly key: string; readonly value: unknown };

/** From the least to the most important: where room is short, the least important stream gives way first. */
export const IMPORTANCES = ['low', 'normal', 'high'] as const;
export type Importance = (typeof IMPORTANCES)[number];

/** What a store needs to keep apart and to throw away; from `streams:` in the configuration. */
export type StreamPolicy = {
  readonly name: string;
  /** ms after arrival; undefined keeps for ever. */
  readonly keep?: number;
  /** Bytes in the store; undefined is bounded by `maxDisk` only. */
  readonly maxSize?: number;
  /** `normal` where nothing is said. */
  readonly importance?: Importance;
};

/** What decides what is thrown away. A stream that no policy names is kept, and is of normal importance. */
export type Retention = {
  readonly streams: readonly StreamPolicy[];
  /** Bytes that all streams may take together. */
  readonly maxDisk?: number;
};

/**
 * Pins what arrived from `since` to below `until` (ms) and matches, against all retention, until it is released. Holds
 * lie in the state, namespace `HOLDS`, by their names: a store looks them up there at each `expire` and each question.
 */
export type Hold = {
  readonly name: string;
  readonly since?: number;
  readonly until?: number;
  /** The query as it was typed, and what it meant then. */
  readonly query: string;
  readonly filter: Filter;
  readonly why: string;
  /** ms. */
  readonly addedAt: number;
};

/** Holds as people see and change them. */
export interface Holds {
  /** By name. */
  list(): Promise<Hold[]>;
  /** @throws CordwoodError ERR_USAGE where there is one of this name */
  add(hold: Hold): Promise<void>;
  /** Lets go of what it pinned; retention takes that at its next turn. @throws ERR_USAGE where there is none of this name */
  release(name: string): Promise<Hold>;
}

/** ms. */
export const LONGEST_LEASE = 600_000;

/** The namespace of the state that holds lie in. */
export const HOLDS = 'holds';

/** The zone that stamps of a host are read in where they carry none, by the name it sends under. */
export type HostZone = {
  readonly host: string;
  /** An IANA name or a fixed offset; absent for a while after it was taken back. */
  readonly zone?: string;
  /** When it was set or taken back, ms. */
  readonly since: number;
};

/** Zones of hosts as people see and change them; whoever parses for this store follows within seconds. */
export interface HostZones {
  /** By name, and those taken back within the last hour. */
  list(): Promise<HostZone[]>;
  /** Sets zones, or takes those back that are undefined. @throws CordwoodError ERR_USAGE where there would be too many */
  set(zones: ReadonlyMap<string, string | undefined>): Promise<void>;
}

/** The namespace of the state that zones of hosts lie in. */
export const HOST_ZONES = 'host-zones';

/** What any store is opened with. Where `maxDisk` is small, data is kept in smaller pieces. */
export type StoreOptions = Retention & {
  /** The data folder. */
  readonly folder: string;
  /** Judges what is past its `keep`; injected, so that tests can be any time they like. */
  readonly now: Clock;
  readonly log?: Logger;
  /** Told of each row that the writer put aside as a dead letter, once, before its `insert` resolves. */
  readonly onDeadLetter?: (batch: MessageBatch, row: number) => void;
};

/** The two sides of a kind of store. */
export type StoreOpeners = {
  /** @throws CordwoodError ERR_DATA_VERSION where a newer version wrote the data */
  readonly openWriter: (options: StoreOptions) => Promise<StoreWriter>;
  readonly openReader: (options: StoreOptions) => Promise<StoreReader>;
};

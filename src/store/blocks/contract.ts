import type { LogMessage } from '../../model/message.ts';
import type { Group } from '../../model/query.ts';

/**
 * A block: up to 4,096 messages of one stream in `_id` order, compressed, that knows nothing of what holds it.
 * Its parts are kept apart, so that a reader fetches the next one only where the one before could not rule the block out.
 */
export type EncodedBlock = {
  /** `_id` of the first and of the last row, 32 hex digits. */
  readonly first: string;
  readonly last: string;
  readonly count: number;
  /** Bytes of the messages as received. */
  readonly rawBytes: number;
  /** What lets a query skip it: times, severities, hosts, apps. Small. */
  readonly summary: Uint8Array;
  /** Bloom filter of the tokens of `message`. */
  readonly tokens: Uint8Array;
  /** The fixed-width columns, compressed. */
  readonly columns: Uint8Array;
  /** The texts, grouped by app, compressed. */
  readonly text: Uint8Array;
};

/** A block as a catalogue hands it to a search: what is not needed is never fetched. Throws from a part mean damage. */
export type BlockParts = {
  readonly stream: string;
  readonly summary: Uint8Array;
  tokens(): Uint8Array;
  columns(): Uint8Array;
  text(): Uint8Array;
  /** Columns that earlier searches unpacked, where they are kept. */
  readonly unpacked?: Unpacked;
  /** Texts that earlier searches unpacked, where they are kept. */
  readonly unpackedTexts?: Unpacked;
};

/** Unpacked columns, or texts, of one block by their numbers. Nobody changes what lies in there. */
export interface Unpacked {
  get(number: number): Uint8Array | undefined;
  set(number: number, bytes: Uint8Array): void;
}

/** A query made ready for blocks; one for each query, used on each of its blocks in turn. */
export interface BlockSearch {
  /** False where no row of the block can match: decided by the summary, then by the tokens. */
  canHold(parts: BlockParts): boolean;
  /** The matching rows within the query's bounds, in its order, `limit` at most. */
  find(parts: BlockParts, limit: number): LogMessage[];
  /** Adds the matching rows within the query's bounds to the counts. */
  count(parts: BlockParts, into: GroupCounts): void;
}

/** Counts by value and bucket while a question goes through blocks, days and stores. */
export interface GroupCounts {
  add(values: readonly (string | number | null)[], at: number | undefined, amount: number): void;
  /** Groups so far. */
  readonly size: number;
  groups(): Group[];
}

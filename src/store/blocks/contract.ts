import type { LogMessage } from '../../model/message.ts';
import type { Group } from '../../model/query.ts';

/**
 * A block: up to 4,096 messages of one stream in `_id` order, compressed. It is independent of the
 * store that keeps it. Its parts are stored apart: a reader fetches the next part only if the one
 * before could not rule the block out.
 */
export type EncodedBlock = {
  /** `_id` of the first and of the last row, 32 hex digits. */
  readonly first: string;
  readonly last: string;
  readonly count: number;
  /** Bytes of the messages as received. */
  readonly rawBytes: number;
  /** Times, severities, hosts, apps: lets a query skip the block. Small. */
  readonly summary: Uint8Array;
  /** Bloom filter of the tokens of texts. */
  readonly tokens: Uint8Array;
  /** The fixed-width columns, compressed. */
  readonly columns: Uint8Array;
  /** The texts, grouped by app, compressed. */
  readonly text: Uint8Array;
};

/** A block as a search reads it: each part is fetched when needed. An error from a part means damage. */
export type BlockParts = {
  readonly stream: string;
  readonly summary: Uint8Array;
  tokens(): Uint8Array;
  columns(): Uint8Array;
  text(): Uint8Array;
  /** Whether `text` returns bytes that nothing else uses: they are freed once they are unpacked. */
  readonly ownText?: boolean;
  /** Cache of columns that earlier searches unpacked. */
  readonly unpacked?: Unpacked;
  /** Cache of texts that earlier searches unpacked. */
  readonly unpackedTexts?: Unpacked;
};

/** Unpacked columns, or texts, of one block by number. Their bytes must not be changed. */
export interface Unpacked {
  get(number: number): Uint8Array | undefined;
  set(number: number, bytes: Uint8Array): void;
}

/** Work on one block, in turns; the first turn fetches all that later ones need. */
export type Turns = Generator<unknown, void>;

/** A query compiled for blocks; used on one block after another. */
export interface BlockSearch {
  /** False if no row of the block can match, by the summary or the token filter. */
  canHold(parts: BlockParts): boolean;
  /** The matching rows within the query's bounds, in its order, at most `limit`. */
  find(parts: BlockParts, limit: number): LogMessage[];
  /** Adds the matching rows within the query's bounds to the counts. */
  count(parts: BlockParts, into: GroupCounts): void;
  /**
   * `find` in turns: each takes some milliseconds at most, however large the block is, and yields
   * what it found, some hundred kilobytes of text at most. The first turn fetches all that later
   * ones need.
   */
  findInTurns(parts: BlockParts, limit: number): Generator<readonly LogMessage[]>;
  /** `count` in turns, see `findInTurns`. */
  countInTurns(parts: BlockParts, into: GroupCounts): Turns;
}

/** Counts by value and time bucket, summed over the blocks of a question. */
export interface GroupCounts {
  add(values: readonly (string | number | null)[], at: number | undefined, amount: number): void;
  /** Number of groups so far. */
  readonly size: number;
  /** Whether there is more than the grouping allows. */
  readonly full: boolean;
  groups(): Group[];
}

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

import type { FrameList } from '../base/frame-list.ts';
import type { Peer } from '../model/message.ts';

/**
 * What a listener hands over at once: up to MAX_RECORD_FRAMES frames in up to MAX_RECORD_BYTES
 * bytes.
 */
export type Entry = {
  /** From `openSession`; 0 for datagrams, each of which has its own. */
  readonly session: number;
  readonly frames: FrameList;
  /** The payload, in order; the spool copies it before `append` returns. */
  readonly parts: readonly Uint8Array[];
  /**
   * Whether the sender waits for an acknowledgement. Then the fsync starts within 5 ms instead of
   * 20 ms. Such a sender repeats unacknowledged frames after its session broke: frames that look
   * repeated get the flag `possibleDuplicate`, set in `frames.flags` itself.
   */
  readonly acknowledged: boolean;
};

/** The durable queue, as listeners see it. */
export interface Spool {
  /** Opens a session for a peer. @returns its number, by which entries refer to the peer */
  openSession(source: Peer): number;
  /**
   * Closes a session. @param clean whether the sender ended it in an orderly way and has all
   * acknowledgements
   */
  closeSession(session: number, clean: boolean): void;
  /**
   * Accepts an entry: it gets its sequences, its time of arrival and its place at once. Resolves
   * when all of it is durable; many appends share one promise. Rejects only if the spool is closed
   * while its disk fails.
   * @returns undefined if the spool is full or its disk fails; the entry is not accepted: stop
   * reading, or count the drop
   * @throws RangeError if the entry exceeds a limit or names a session that is not open; the entry
   * is not accepted
   */
  append(entry: Entry): Promise<void> | undefined;
  /** Whether `append` would not accept an entry now. */
  readonly full: boolean;
  /** Resolves when the spool is not full (any more). @throws the signal's reason once it is aborted */
  room(signal: AbortSignal): Promise<void>;
}

/** One record as the writer's thread reads it. The next `SpoolReader.next()` reuses the arrays. */
export type SpoolRecord = {
  /** ms, the same for all frames. */
  receivedAt: number;
  /** The sequence of frame i is this plus i. */
  firstSequence: number;
  count: number;
  /** Where frame i begins in the arena. */
  readonly offset: Uint32Array;
  readonly length: Uint32Array;
  readonly flags: Uint8Array;
  readonly original: Uint32Array;
  /** Frame i → index into `SpoolReader.sources`. */
  readonly source: Uint32Array;
};

/**
 * The reading end of the queue, in the writer's thread, or in the process of a command if no server
 * runs.
 */
export interface SpoolReader extends Disposable {
  /**
   * Every source seen so far; grows. A source that two segments in a row do not name is replaced by
   * a placeholder.
   */
  readonly sources: readonly Peer[];
  /**
   * Reads the next whole record below the durable end into `record`, and its payload into `arena`
   * at `at`.
   * @returns the bytes of the arena that it uses, at least 1; 0 if no record is left for now; -1 if
   * it does not fit
   */
  next(arena: Buffer, at: number): number;
  readonly record: SpoolRecord;
  /** Damaged stretches skipped so far, and their bytes. */
  readonly damaged: { readonly places: number; readonly bytes: number };
}

import type { FrameList } from '../base/frame-list.ts';
import type { Source } from '../model/message.ts';

/** What a listener hands over: up to MAX_RECORD_FRAMES frames in up to MAX_RECORD_BYTES bytes. */
export type Entry = {
  /** From `openSession`; 0 for datagrams, whose frames carry their own. */
  readonly session: number;
  readonly frames: FrameList;
  /** The payload in order; it is copied at once. */
  readonly parts: readonly Uint8Array[];
  /**
   * Whether a sender waits for the acknowledgement (5 ms to the fsync, else 20 ms) and, where its session breaks, sends
   * again what it got none for: what it seems to repeat is flagged `possibleDuplicate`, in `frames.flags` itself.
   */
  readonly acknowledged: boolean;
};

/** The durable queue, as listeners see it. */
export interface Spool {
  /** Names a peer; its records refer to it by the number that comes back. */
  openSession(source: Source): number;
  /** Forgets a session; `clean` where the sender ended it in order. */
  closeSession(session: number, clean: boolean): void;
  /**
   * Takes the entry in at once (numbers, clock, place) and resolves when all of it is on disk; rejects only where the
   * spool is closed while its disk refuses. Many appends get the same promise.
   * @returns undefined, and takes nothing, where the spool is full or its disk refuses: stop reading, or count the drop
   * @throws RangeError where the entry breaks a limit or names no open session; nothing was taken then
   */
  append(entry: Entry): Promise<void> | undefined;
  /** Whether `append` would refuse now. */
  readonly full: boolean;
  /** Resolves when there is room again (at once where there is). @throws the signal's reason once it is aborted */
  room(signal: AbortSignal): Promise<void>;
}

/** One record as the writer reads it; arrays are reused by the next `next()`. */
export type SpoolRecord = {
  /** ms; all frames share it. */
  receivedAt: number;
  /** Frame i has this sequence + i. */
  firstSequence: number;
  count: number;
  /** Where frame i begins in the arena. */
  readonly offset: Uint32Array;
  readonly length: Uint32Array;
  readonly flags: Uint8Array;
  readonly original: Uint32Array;
  /** Index into `SpoolReader.sources` of frame i. */
  readonly source: Uint32Array;
};

/** The other end of the queue, in the writer's thread (or a command's process, where no server runs). */
export interface SpoolReader extends Disposable {
  /** Every source seen so far; grows. One that two segments no longer named is replaced by a placeholder. */
  readonly sources: readonly Source[];
  /**
   * Reads the next whole record that lies below the durable end: its payload goes to `arena` at `at`.
   * @returns bytes of the arena that it took, one at least, and sets `record`; 0 where nothing is left now; -1 where it
   * does not fit
   */
  next(arena: Buffer, at: number): number;
  readonly record: SpoolRecord;
  /** Damaged stretches stepped over so far, and their bytes. */
  readonly damaged: { readonly places: number; readonly bytes: number };
}

import type { FrameList } from '../base/frame-list.ts';

/**
 * Receives frames and their payload: the start of a frame from an earlier chunk, if any, then a view of the chunk from
 * its first to its last complete frame. `parts` stays valid as long as the chunk does; `frames` only during the call.
 */
export type Emit = (frames: FrameList, parts: readonly Uint8Array[]) => void;

/** Finds the frames in the chunks of one stream; keeps at most the start of one frame between chunks, and of the next if an octet
 * count is in doubt. */
export interface Framer {
  /** Hands over every frame that ends in this chunk, in several calls if there are many. */
  push(chunk: Buffer, emit: Emit): void;
  /** The stream has ended: hands over an unfinished line, drops an unfinished counted frame, and starts afresh. */
  end(emit: Emit): void;
  /** Bytes seen of the unfinished frame. */
  readonly pending: number;
  /** Bytes of memory that the unfinished frame takes: less than twice the bytes kept, which may be those of two frames. */
  readonly memory: number;
  /** Frames cut at the maximum so far. */
  readonly oversize: number;
  /** Frames so far with an octet count (RFC 6587 §3.4.1); the rest were lines. */
  readonly counted: number;
  /** Empty frames (CR LF alone) skipped so far. */
  readonly empty: number;
  /** Unfinished counted frames dropped so far. */
  readonly partialDropped: number;
  /** Stretches so far that were passed over because an octet count was wrong; each was handed over as one frame. */
  readonly misframed: number;
}

import type { FrameList } from '../base/frame-list.ts';

/**
 * Takes frames and the payload they lie in: the start of a frame that an earlier chunk brought, then a view of the
 * chunk from its first to its last complete frame. `parts` stays as it is as long as the chunk does; `frames` does not.
 */
export type Emit = (frames: FrameList, parts: readonly Uint8Array[]) => void;

/** Finds where frames begin and end in the chunks of one stream; holds at most the start of one frame between them. */
export interface Framer {
  /** Hands over every frame that ends in this chunk, in several calls where there are many. */
  push(chunk: Buffer, emit: Emit): void;
  /** The stream ended: hands over an unfinished line, drops an unfinished counted frame; then begins anew. */
  end(emit: Emit): void;
  /** Bytes seen of a frame that has not ended yet. */
  readonly pending: number;
  /** Frames cut at the maximum so far. */
  readonly oversize: number;
  /** Frames so far that came with an octet count (RFC 6587 §3.4.1); the rest were lines. */
  readonly counted: number;
  /** Empty lines (CR LF alone) skipped so far. */
  readonly empty: number;
  /** Unfinished counted frames dropped so far. */
  readonly partialDropped: number;
}

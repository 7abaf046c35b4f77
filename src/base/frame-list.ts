/**
 * Limits of one frame list: what a framer hands over at once, and what one record of the spool
 * holds.
 */
export const MAX_RECORD_FRAMES = 4096;
/** Bytes of payload. */
export const MAX_RECORD_BYTES = 512 << 10;
/** The largest frame that a framer can be made for, bytes: two of them fit one record. */
export const MAX_FRAME_BYTES = MAX_RECORD_BYTES / 2;

/** Bits of `FrameList.flags`. */
export const FRAME_FLAG = {
  /** Cut at the maximum size; `original` has the full length. */
  truncated: 1,
  /** The stream ended before the frame did. */
  partial: 2,
  /** The sender may have sent this frame before; set by the spool. */
  possibleDuplicate: 4,
  /** Where it begins or ends is a guess: an octet count near it was wrong. */
  misframed: 8,
} as const;

/**
 * Where the frames of a payload lie: frame i begins `skip[i]` bytes after the end of frame i-1 and
 * is `length[i]` bytes long. Skipped bytes belong to no message: LFs, octet counts, discarded
 * tails. Only the first `count` entries are valid, and only until the call that passed the list
 * returns: its owner reuses the arrays.
 */
export type FrameList = {
  readonly count: number;
  readonly skip: Uint32Array;
  readonly length: Uint32Array;
  readonly flags: Uint8Array;
  /** Full length in bytes of a frame that was cut, else 0. */
  readonly original: Uint32Array;
  /** The spool session of each frame; only for datagrams, which come from many peers. */
  readonly session?: Uint32Array;
};

/**
 * How a stream is divided into frames: `octet` takes each as counted (RFC 6587 §3.4.1), `lines` takes each as a line, and
 * `auto` decides for each frame by what it begins with and what follows it.
 */
export const FRAMINGS = ['auto', 'octet', 'lines'] as const;
export type Framing = (typeof FRAMINGS)[number];

import { MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import { layOut } from '../base/wasm/wasm.ts';

/** Bytes of a chunk that are copied to the scanner at once. */
export const SCAN_BYTES = 1 << 16;

/** Bytes that sockets may read at once into the scanner's memory. */
export const ROOM_BYTES = 1 << 18;

const PAGE = 65_536;

const REGIONS = layOut({
  /** u32: bytes between the end of the frame before and the start of this one. */
  SKIPS: 4 * MAX_RECORD_FRAMES,
  /** u32 */
  LENGTHS: 4 * MAX_RECORD_FRAMES,
  /** u8: 0 */
  FLAGS: MAX_RECORD_FRAMES,
  /** u32: 0 */
  ORIGINALS: 4 * MAX_RECORD_FRAMES,
  /** u32: the number of frames in the lists, and the end of the last one. */
  RESULTS: 64,
  /** The bytes to scan; loads may touch 64 beyond. */
  WINDOW: SCAN_BYTES + 64,
  /** Bytes that a socket read here, which need no copy; loads may touch 64 beyond. */
  ROOM: ROOM_BYTES + 64,
  /** Where the regions end. */
  END: 0,
});

/** The memory of `lines.wat` (each name as `%NAME%`), and the room in its lists. */
export const LINES_LAYOUT = {
  ...REGIONS,
  PAGES: Math.ceil(REGIONS.END / PAGE),
  MAX_FRAMES: MAX_RECORD_FRAMES,
} as const;

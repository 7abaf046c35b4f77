import { MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import { layOut } from '../base/wasm/wasm.ts';

/** Rows of a batch that the module can read. */
export const MAX_ROWS = MAX_RECORD_FRAMES;

const SLOT_BYTES = 2 * 8192;

/** The own memory of `row-groups.wat` (each name as `%NAME%`), and the bytes of its regions. */
export const ROW_GROUPS_LAYOUT = {
  ...layOut({
    /** u16: hash -> group + 1, 0 if free. */
    SLOTS: SLOT_BYTES,
    /** u32: group -> its first row. */
    FIRSTS: 4 * MAX_ROWS,
    /** u32: group -> its number of rows. */
    COUNTS: 4 * MAX_ROWS,
    /** u32: the rows that `numbered` found. */
    FOUND: 4 * MAX_ROWS,
    /** u16: row -> group. */
    GROUPS: 2 * MAX_ROWS,
    /** 16 bytes of ones, 16 of zeros: a load from 16 - n keeps the first n bytes of 16. */
    MASKS: 32,
  }),
  SLOT_BYTES,
  SLOT_MASK: SLOT_BYTES - 2,
} as const;

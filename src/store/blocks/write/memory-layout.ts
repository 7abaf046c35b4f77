import { layOut } from '../../../base/wasm/wasm.ts';
import { MAX_ROWS } from '../format/format.ts';

/** Slots of a dictionary's hash table, 2 bytes each; at most a quarter of them is ever used. */
const SLOT_BYTES = 2 * 4 * MAX_ROWS;
/** Bytes of a dictionary; a power of two, with room to spare. */
const DICTIONARY_BYTES = 0x80000;
const DICTIONARIES = 4;
/** Bytes of `HASHES`; the last 16 are for a hash that is added by itself. */
const HASHES_BYTES = 0x9000;
const PAGE = 65_536;

/** Regions with a fixed place in the encoder's memory, in their order, and their bytes. */
const REGIONS = layOut({
  /** The 2^18 bits of the token filter. */
  FILTER: 2 ** 18 / 8,
  /** 16 bytes of ones, then zeros: a load from 16 - n keeps the first n bytes of 16. */
  MASKS: 0x1000,
  /** u32: row of the block -> row of the batch. */
  ROWS: 4 * MAX_ROWS,
  /** u32: place -> row of the batch. */
  PLACED: 4 * MAX_ROWS,
  /** u16: place -> row of the block. */
  PLACES: 2 * MAX_ROWS,
  /** i32: row of the block -> kind. */
  KIND_OF: 4 * MAX_ROWS,
  /** u32: kind -> number of its rows, then the place of its next row. */
  COUNTS: 4 * MAX_ROWS,
  /** u32: kind -> app * 256 + priority. */
  KEYS: 4 * MAX_ROWS,
  /** u16: kind -> its first row in the block. */
  KIND_ROWS: 2 * MAX_ROWS,
  /** u16: kind -> its number among the sorted kinds. */
  RANKS: 2 * MAX_ROWS,
  /** i32: the result of `number`, and integers on their way into a section. */
  IDS: 4 * MAX_ROWS,
  /** i32, one list for each of the four texts: place -> 0 absent, 1 present. */
  PRESENCES: 4 * 4 * MAX_ROWS,
  /** u32: token hashes that `scan` found and has not added to the filter yet. */
  HASHES: HASHES_BYTES,
  /** Dictionaries of hostnames, appnames, procids and msgids, laid out as `FIELDS`. */
  DICTIONARIES: DICTIONARIES * DICTIONARY_BYTES,
  /** u16: app * 256 + priority -> kind + 1, 0 if unknown; the caller clears the entries in use. */
  KNOWN: 2 * 256 * MAX_ROWS,
  /** A column as a block stores it, see `format/numbers.ts`. */
  SECTION: 0x20000,
  /** f64: numbers on their way into a section. */
  DOUBLES: 8 * MAX_ROWS,
  /** From here on free: the gathered texts, at addresses that the caller gives. */
  FREE: 0,
});

/** Where the fields of a dictionary lie, from its own address on. */
const FIELDS = layOut({
  /** u16: hash -> entry + 1, 0 if free. */
  ENTRY_SLOTS: SLOT_BYTES,
  /** u32: entry -> address of its text in the batch's memory. */
  ENTRY_OFFSETS: 4 * MAX_ROWS,
  /** i32: entry -> length of its text, -1 for "absent". */
  ENTRY_LENGTHS: 4 * MAX_ROWS,
  /** u16: row of the block -> entry. */
  ROW_ENTRIES: 2 * MAX_ROWS,
  /** u16: number as `number` gave it -> entry. */
  ENTRY_ORDER: 2 * MAX_ROWS,
  /** i32: entry -> its number, -1 before it has one. */
  ENTRY_NUMBERS: 4 * MAX_ROWS,
  /** i32: entries so far. */
  ENTRY_COUNT: 4,
  /** i32: bytes of all their texts. */
  ENTRY_BYTES: 4,
});

/** The encoder's memory, for `encode.wat` (as `%NAME%`) and for the code that calls it. */
export const ENCODER_LAYOUT = {
  ...REGIONS,
  ...FIELDS,
  SLOT_BYTES,
  SLOT_MASK: SLOT_BYTES - 2,
  DICTIONARY_BYTES,
  DICTIONARIES_END: REGIONS.DICTIONARIES + DICTIONARIES * DICTIONARY_BYTES,
  APP_ROW_ENTRIES: REGIONS.DICTIONARIES + DICTIONARY_BYTES + FIELDS.ROW_ENTRIES,
  /**
   * Hashes are added to the filter once `HASHES` holds this many bytes; a window adds at most 128
   * more.
   */
  HASHES_FULL: 0x1000,
  SINGLE_HASH: HASHES_BYTES - 16,
  SINGLE_HASH_END: HASHES_BYTES - 12,
  SECTION_LOWEST: REGIONS.SECTION + 1,
  SECTION_NUMBERS: REGIONS.SECTION + 9,
  OWN_PAGES: Math.ceil(REGIONS.FREE / PAGE),
} as const;

/** Addresses of the dictionaries, in the order of the first four spans of a row. */
export const DICTIONARY = {
  hosts: REGIONS.DICTIONARIES,
  apps: REGIONS.DICTIONARIES + DICTIONARY_BYTES,
  procids: REGIONS.DICTIONARIES + 2 * DICTIONARY_BYTES,
  msgids: REGIONS.DICTIONARIES + 3 * DICTIONARY_BYTES,
} as const;

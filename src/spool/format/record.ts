import { type FrameList, MAX_RECORD_FRAMES } from '../../base/frame-list.ts';
import type { SpoolRecord } from '../contract.ts';

/** Bytes of a record's header; the index and the payload follow it. */
export const RECORD_HEADER_BYTES = 44;

/**
 * `frames` holds messages, `sessions` defines sessions, `end` is the last record of a spool that
 * was closed cleanly.
 */
export const RECORD_KIND = { frames: 1, sessions: 2, end: 3 } as const;

const AT = {
  magic: 0,
  checksum: 4,
  total: 8,
  payload: 12,
  arrival: 16,
  sequence: 24,
  session: 32,
  count: 36,
  layout: 38,
  kind: 40,
} as const;
/** The checksum covers the record from this byte to its end. */
export const CHECKED_FROM = 8;
export const CHECKSUM_AT = AT.checksum;

export type RecordHeader = {
  /** Bytes of the record: header, index and payload. */
  total: number;
  /** Bytes of the payload. */
  payload: number;
  receivedAt: number;
  /** Sequence of the first message; of the next message if the record has none. */
  firstSequence: number;
  /** 0 if each frame has its own session. */
  session: number;
  count: number;
  layout: number;
  kind: number;
};

/** A header to be filled; readers and writers reuse one for all records. */
export function emptyHeader(): RecordHeader {
  return { total: 0, payload: 0, receivedAt: 0, firstSequence: 0, session: 0, count: 0, layout: 0, kind: 0 };
}

/** A record to be filled, reused likewise. */
export function emptyRecord(): SpoolRecord {
  return {
    receivedAt: 0,
    firstSequence: 0,
    count: 0,
    offset: new Uint32Array(MAX_RECORD_FRAMES),
    length: new Uint32Array(MAX_RECORD_FRAMES),
    flags: new Uint8Array(MAX_RECORD_FRAMES),
    original: new Uint32Array(MAX_RECORD_FRAMES),
    source: new Uint32Array(MAX_RECORD_FRAMES),
  };
}

/** Writes the header of a record, except for the checksum. */
export function writeRecordHeader(bytes: Buffer, at: number, magic: number, header: RecordHeader): void {
  bytes.writeUInt32LE(magic, at + AT.magic);
  bytes.writeUInt32LE(header.total, at + AT.total);
  bytes.writeUInt32LE(header.payload, at + AT.payload);
  bytes.writeDoubleLE(header.receivedAt, at + AT.arrival);
  bytes.writeDoubleLE(header.firstSequence, at + AT.sequence);
  bytes.writeUInt32LE(header.session, at + AT.session);
  bytes.writeUInt16LE(header.count, at + AT.count);
  bytes.writeUInt16LE(header.layout, at + AT.layout);
  bytes.writeUInt32LE(header.kind, at + AT.kind);
}

/** Reads the header of a record. @returns whether its lengths are consistent */
export function readRecordHeader(bytes: Buffer, at: number, header: RecordHeader): boolean {
  header.total = bytes.readUInt32LE(at + AT.total);
  header.payload = bytes.readUInt32LE(at + AT.payload);
  header.receivedAt = bytes.readDoubleLE(at + AT.arrival);
  header.firstSequence = bytes.readDoubleLE(at + AT.sequence);
  header.session = bytes.readUInt32LE(at + AT.session);
  header.count = bytes.readUInt16LE(at + AT.count);
  header.layout = bytes.readUInt16LE(at + AT.layout);
  header.kind = bytes.readUInt32LE(at + AT.kind);
  return header.total === RECORD_HEADER_BYTES + indexBytes(header.layout, header.count) + header.payload;
}

/**
 * The index of frames is stored in columns (skip, length, flags, original, session). Each is as
 * wide as its largest value needs; a column of zeros has no bytes. `layout` has a width code of two
 * bits for each column, an index into WIDTHS.
 */
const WIDTHS = [0, 1, 2, 4] as const;
const COLUMN = { skip: 0, length: 2, flags: 4, original: 6, session: 8 } as const;

export function indexBytes(layout: number, count: number): number {
  let width = 0;
  for (let column = COLUMN.skip; column <= COLUMN.session; column += 2) width += WIDTHS[(layout >> column) & 3]!;
  return width * count;
}

/** The layout that these frames need. @throws RangeError if the frames extend beyond `payload` bytes */
export function layoutOf(frames: FrameList, payload: number): number {
  const { count, skip, length, flags, original, session } = frames;
  let skips = 0;
  let lengths = 1;
  let allFlags = 0;
  let originals = 0;
  let sessions = 0;
  let end = 0;
  for (let i = 0; i < count; i++) {
    skips |= skip[i]!;
    lengths |= length[i]!;
    allFlags |= flags[i]!;
    originals |= original[i]!;
    end += skip[i]! + length[i]!;
  }
  if (session) for (let i = 0; i < count; i++) sessions |= session[i]!;
  if (end > payload) throw new RangeError(`the frames end at byte ${end} of a payload of ${payload} bytes`);
  return (
    (widthCode(skips) << COLUMN.skip) |
    (widthCode(lengths) << COLUMN.length) |
    (widthCode(allFlags) << COLUMN.flags) |
    (widthCode(originals) << COLUMN.original) |
    (widthCode(sessions) << COLUMN.session)
  );
}

function widthCode(bits: number): number {
  const unsigned = bits >>> 0;
  return unsigned === 0 ? 0 : unsigned < 0x100 ? 1 : unsigned < 0x10000 ? 2 : 3;
}

export function writeIndex(bytes: Buffer, at: number, layout: number, frames: FrameList): void {
  const { count } = frames;
  let next = writeColumn(bytes, at, (layout >> COLUMN.skip) & 3, frames.skip, count);
  next = writeColumn(bytes, next, (layout >> COLUMN.length) & 3, frames.length, count);
  next = writeColumn(bytes, next, (layout >> COLUMN.flags) & 3, frames.flags, count);
  next = writeColumn(bytes, next, (layout >> COLUMN.original) & 3, frames.original, count);
  if (frames.session) writeColumn(bytes, next, (layout >> COLUMN.session) & 3, frames.session, count);
}

type Column = Uint32Array | Uint8Array;

function writeColumn(bytes: Buffer, at: number, code: number, values: Column, count: number): number {
  let next = at;
  if (code === 1) {
    for (let i = 0; i < count; i++) bytes[next++] = values[i]!;
  } else if (code === 2) {
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      bytes[next++] = value;
      bytes[next++] = value >> 8;
    }
  } else if (code === 3) {
    for (let i = 0; i < count; i++) next = bytes.writeUInt32LE(values[i]!, next);
  }
  return next;
}

/**
 * Reads the index at `at` into the columns of the record. Offsets count from `arenaAt`, where the
 * payload will lie; `source` gets the sessions. @returns whether all frames lie within the payload
 */
export function readIndex(
  bytes: Buffer,
  at: number,
  header: RecordHeader,
  into: { readonly record: SpoolRecord; readonly arenaAt: number },
): boolean {
  const { count, layout } = header;
  const { record } = into;
  const { offset, length, flags, original, source } = record;
  if (count > length.length) return false;
  let next = readColumn(bytes, at, (layout >> COLUMN.skip) & 3, offset, count);
  next = readColumn(bytes, next, (layout >> COLUMN.length) & 3, length, count);
  next = readColumn(bytes, next, (layout >> COLUMN.flags) & 3, flags, count);
  next = readColumn(bytes, next, (layout >> COLUMN.original) & 3, original, count);
  readColumn(bytes, next, (layout >> COLUMN.session) & 3, source, count);
  let end = into.arenaAt;
  for (let i = 0; i < count; i++) {
    end += offset[i]!;
    offset[i] = end;
    end += length[i]!;
  }
  return end - into.arenaAt <= header.payload;
}

function readColumn(bytes: Buffer, at: number, code: number, values: Column, count: number): number {
  let next = at;
  if (code === 0) {
    values.fill(0, 0, count);
  } else if (code === 1) {
    for (let i = 0; i < count; i++) values[i] = bytes[next++]!;
  } else if (code === 2) {
    for (let i = 0; i < count; i++) {
      values[i] = bytes[next]! | (bytes[next + 1]! << 8);
      next += 2;
    }
  } else {
    for (let i = 0; i < count; i++) {
      values[i] = bytes.readUInt32LE(next);
      next += 4;
    }
  }
  return next;
}

import { readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CordwoodError } from '../../base/errors.ts';

/** No record crosses a multiple of this, so that a reader can continue there after damage. */
export const STRIPE_BYTES = 1 << 20;
export const SEGMENT_BYTES = 64 << 20;
/** More messages than one segment can hold: each uses at least one byte of its record's index. */
export const SEGMENT_SEQUENCES = 2 ** 26;
export const SEGMENT_HEADER_BYTES = 64;
const FORMAT_VERSION = 2;

const MAGIC = Buffer.from('CWSPOOL\n', 'latin1');
const AT = { version: 8, crc: 12, nonce: 16, segment: 32, firstSequence: 40, arrival: 48, previousEnd: 56 } as const;

/**
 * The first 64 bytes of a segment. Magic, version and checksum must stay where they are in every
 * later version.
 */
export type SegmentHeader = {
  /** The nonce of the spool, 32 hex digits. */
  readonly nonce: string;
  readonly segment: number;
  /** No message in this segment has a lower sequence. */
  readonly firstSequence: number;
  /** The latest arrival before this segment, ms. */
  readonly arrival: number;
  /** Where the valid part of the previous segment ends. */
  readonly previousEnd: number;
};

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, AT.version);
  bytes.write(header.nonce, AT.nonce, 16, 'hex');
  bytes.writeDoubleLE(header.segment, AT.segment);
  bytes.writeDoubleLE(header.firstSequence, AT.firstSequence);
  bytes.writeDoubleLE(header.arrival, AT.arrival);
  bytes.writeDoubleLE(header.previousEnd, AT.previousEnd);
  bytes.writeUInt32LE(checksum(bytes), AT.crc);
  return bytes;
}

/** @returns undefined if the header is damaged. @throws CordwoodError if another version wrote it */
function decodeSegmentHeader(bytes: Buffer, path: string): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return undefined;
  if (bytes.readUInt32LE(AT.crc) !== checksum(bytes)) return undefined;
  const version = bytes.readUInt32LE(AT.version);
  if (version > FORMAT_VERSION) {
    const reason = `it has format ${version}, and this version of cordwood reads formats up to ${FORMAT_VERSION}`;
    throw new CordwoodError('ERR_DATA_VERSION', `cannot read ${path}: ${reason}; use the newer cordwood that wrote it`);
  }
  if (version < FORMAT_VERSION) {
    const reason = `it has format ${version}, which only versions before the first release wrote`;
    throw new CordwoodError('ERR_DATA_VERSION', `cannot read ${path}: ${reason}; remove the folder it lies in`);
  }
  return {
    nonce: bytes.toString('hex', AT.nonce, AT.nonce + 16),
    segment: bytes.readDoubleLE(AT.segment),
    firstSequence: bytes.readDoubleLE(AT.firstSequence),
    arrival: bytes.readDoubleLE(AT.arrival),
    previousEnd: bytes.readDoubleLE(AT.previousEnd),
  };
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(AT.nonce, SEGMENT_HEADER_BYTES), crc32(bytes.subarray(0, AT.crc)));
}

/** Reads and decodes the header of an open segment. @throws as `decodeSegmentHeader` */
export function readSegmentHeader(fd: number, path: string): SegmentHeader | undefined {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const length = readSync(fd, bytes, 0, bytes.length, 0);
  return decodeSegmentHeader(bytes.subarray(0, length), path);
}

/** Marks the records of a segment. */
export type RecordKeys = { readonly magic: number; readonly seed: number };

/**
 * The magic and the seed of the checksum differ in each segment and cannot be guessed without the
 * nonce. Otherwise a sender could write the bytes of a record into a message, and a reader that
 * skips damage would read it as a record.
 */
export function recordKeys(nonce: string, segment: number): RecordKeys {
  const secret = `${nonce} ${segment}`;
  return { magic: crc32(`magic ${secret}`) || 1, seed: crc32(`seed ${secret}`) };
}

const NAME = /^(\d{12})\.spool$/;

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(12, '0')}.spool`);
}

/** The numbers of the segments in a folder, ascending. */
export function listSegments(folder: string): number[] {
  const numbers: number[] = [];
  for (const name of readdirSync(folder)) {
    const match = NAME.exec(name);
    if (match) numbers.push(Number(match[1]));
  }
  return numbers.sort((a, b) => a - b);
}

/** A segment and the messages in it; `last` is below `first` if it has none. */
export type SegmentSpan = {
  readonly segment: number;
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
};

/** A place in the spool as one number, ordered as records are written. */
export function placeOf(segment: number, offset: number): bigint {
  return (BigInt(segment) << 32n) | BigInt(offset);
}

export function segmentOf(place: bigint): number {
  return Number(place >> 32n);
}

export function offsetOf(place: bigint): number {
  return Number(place & 0xffffffffn);
}

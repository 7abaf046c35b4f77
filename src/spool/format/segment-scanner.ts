import { MAX_RECORD_FRAMES } from '../../base/frame-list.ts';
import { readSync } from 'node:fs';
import { checksumOf } from './checksum.ts';
import {
  emptyHeader,
  CHECKED_FROM,
  CHECKSUM_AT,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  readRecordHeader,
} from './record.ts';
import { type RecordKeys, SEGMENT_HEADER_BYTES, STRIPE_BYTES } from './segment.ts';

const ZEROS = Buffer.alloc(STRIPE_BYTES);

/** Finds the records of one segment in order, skipping padding and damage. */
export class SegmentScanner {
  /** The header of the record that `find` found. */
  readonly header: RecordHeader = emptyHeader();
  /** The stripe in which the record lies. */
  readonly bytes = Buffer.allocUnsafeSlow(STRIPE_BYTES);
  /** Where the record begins in `bytes`. */
  at = 0;
  /** Damage that is followed by a whole record. */
  damagedPlaces = 0;
  damagedBytes = 0;
  /** Unreadable bytes since the last whole record: damage, or only a torn write at the end. */
  pendingBytes = 0;
  /** Where the last whole record ends in the segment. */
  end = SEGMENT_HEADER_BYTES;
  #fd: number;
  #keys: RecordKeys;
  #verify: boolean;
  readonly #magic = Buffer.alloc(4);
  #offset = SEGMENT_HEADER_BYTES;
  #found = false;
  /** Where the stripe in `bytes` begins in the segment, and how far it has been read. */
  #stripe = 0;
  #loadedTo = 0;
  /** Bytes of zeros since the last record. */
  #skippedBytes = 0;
  /** The sequence that the next record must have, if the last one was whole. */
  #expected: number | undefined;

  /** @param verify whether to check checksums and sequences, not only the form of records */
  constructor(fd: number, keys: RecordKeys, verify: boolean) {
    this.#fd = fd;
    this.#keys = keys;
    this.#verify = verify;
    this.#magic.writeUInt32LE(keys.magic);
  }

  /**
   * Finds the next whole record below `limit`, or again the one that was found and not passed.
   * @returns whether it did
   */
  find(limit: number): boolean {
    while (!this.#found && this.#offset < limit) {
      const stripe = this.#offset - (this.#offset % STRIPE_BYTES);
      const stripeEnd = Math.min(limit, stripe + STRIPE_BYTES);
      const loadedTo = this.#load(stripe, stripeEnd);
      if (loadedTo <= this.#offset) return false;
      const at = this.#offset - stripe;
      if (this.#isRecord(at, loadedTo - stripe, this.#verify)) this.#accept(at);
      else if (this.#isPadding(at, loadedTo - stripe)) this.#skip(stripeEnd);
      else this.#resynchronise(stripe, at, loadedTo - stripe, stripeEnd);
    }
    return this.#found;
  }

  /** Moves past the record that was found. */
  pass(): void {
    this.#found = false;
    this.#offset += this.header.total;
    this.end = this.#offset;
    this.#expected = this.header.firstSequence + this.header.count;
  }

  /** The payload of the record that was found last, as text. */
  payload(): string {
    const end = this.at + this.header.total;
    return this.bytes.toString('utf8', end - this.header.payload, end);
  }

  /** Moves past the record that was found and counts it as damage, because its index is invalid. */
  reject(): void {
    this.damagedPlaces++;
    this.damagedBytes += this.header.total;
    this.pass();
  }

  /** Counts `pendingBytes` as damage. Call it when they cannot be a torn write at the end. */
  countPending(): void {
    if (this.pendingBytes === 0) return;
    this.damagedPlaces++;
    this.damagedBytes += this.pendingBytes;
    this.pendingBytes = 0;
  }

  #load(stripe: number, to: number): number {
    if (stripe !== this.#stripe || this.#loadedTo < stripe) {
      this.#stripe = stripe;
      this.#loadedTo = stripe;
    }
    while (this.#loadedTo < to) {
      const wanted = Math.min(to - this.#loadedTo, STRIPE_BYTES);
      const length = readSync(this.#fd, this.bytes, this.#loadedTo - stripe, wanted, this.#loadedTo);
      if (length === 0) break;
      this.#loadedTo += length;
    }
    return Math.min(this.#loadedTo, to);
  }

  #isRecord(at: number, to: number, verify: boolean): boolean {
    if (to - at < RECORD_HEADER_BYTES || this.bytes.readUInt32LE(at) !== this.#keys.magic) return false;
    const { header, bytes } = this;
    if (!readRecordHeader(bytes, at, header) || header.total > to - at || header.count > MAX_RECORD_FRAMES)
      return false;
    if (!verify) return true;
    return (
      bytes.readUInt32LE(at + CHECKSUM_AT) ===
      checksumOf(bytes.subarray(at + CHECKED_FROM, at + header.total), this.#keys.seed)
    );
  }

  #accept(at: number): void {
    this.#found = true;
    this.at = at;
    this.countPending();
    const { firstSequence } = this.header;
    if (this.#verify && this.#expected !== undefined && firstSequence > this.#expected && this.#skippedBytes > 0) {
      this.damagedPlaces++;
      this.damagedBytes += this.#skippedBytes;
    }
    this.#expected = undefined;
    this.#skippedBytes = 0;
  }

  /**
   * Whether only zeros follow, as between the last record of a stripe and its end. Unverified, four
   * of them suffice.
   */
  #isPadding(at: number, to: number): boolean {
    if (!this.#verify && to - at >= 4) return this.bytes.readUInt32LE(at) === 0;
    return this.bytes.compare(ZEROS, 0, to - at, at, to) === 0;
  }

  #skip(to: number): void {
    this.#skippedBytes += to - this.#offset;
    this.#offset = to;
  }

  /** Continues at the next whole record of the stripe, or else at the next stripe. */
  #resynchronise(stripe: number, at: number, to: number, stripeEnd: number): void {
    const { bytes } = this;
    let next = bytes.indexOf(this.#magic, at + 1);
    while (next >= 0 && next < to && !this.#isRecord(next, to, true)) next = bytes.indexOf(this.#magic, next + 1);
    const found = next >= 0 && next < to;
    let lost = (found ? next : to) - at;
    while (!found && lost > 1 && bytes[at + lost - 1] === 0) lost--;
    this.pendingBytes += lost;
    this.#expected = undefined;
    this.#offset = found ? stripe + next : stripeEnd;
  }
}

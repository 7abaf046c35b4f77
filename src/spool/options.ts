import type { Clock } from '../base/clock.ts';
import { type Counter, type Counters, counter, gauge } from '../base/counters.ts';
import { CordwoodError } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import { SEGMENT_BYTES, STRIPE_BYTES } from './format/segment.ts';
import type { DiskReserve } from '../base/machine/disk-reserve.ts';
import type { Logger } from '../base/log.ts';
import type { Spool } from './contract.ts';
import type { DurableEnd } from './read/durable-end.ts';
import type { RecoveryReport } from './read/recover.ts';

/** What the spool counts; the server makes these before its threads start. */
export const SPOOL_COUNTERS = [
  gauge('spool.segments', 'segments', 'Segment files of the spool'),
  gauge('spool.bytes', 'bytes', 'Size of the segment files'),
  gauge('spool.waiting', 'bytes', 'Bytes that are not yet safe in the store'),
  gauge('spool.full', '0 or 1', '1 while the spool accepts nothing: it is full, or its disk refuses writes'),
  gauge('spool.failing', '0 or 1', '1 while the disk refuses writes'),
  gauge('spool.earlier', 'messages', 'Messages of earlier runs that were not safe in the store at the start'),
  counter('spool.records', 'records', 'Records appended'),
  counter('spool.messages', 'messages', 'Messages appended'),
  counter('spool.written', 'bytes', 'Bytes written to segment files'),
  counter('spool.fsyncs', 'fsyncs', 'Calls of fsync'),
  counter('spool.refused', 'records', 'Records refused because the spool was full or its disk refused writes'),
  counter('spool.failures', 'failures', 'Writes and fsyncs that failed'),
  counter('spool.damaged_places', 'damaged places', 'Damaged places found in segment files'),
  counter('spool.damaged_bytes', 'bytes', 'Bytes lost in damaged places'),
] as const;

/** The handles of SPOOL_COUNTERS by their short names. */
export type SpoolCounters = Readonly<Record<Name<(typeof SPOOL_COUNTERS)[number]['name']>, Counter>>;
type Name<Full> = Full extends `spool.${infer Short}` ? Short : never;

/** @throws RangeError if one was not made */
export function spoolCounters(counters: Counters): SpoolCounters {
  const named = SPOOL_COUNTERS.map(({ name }) => [name.slice('spool.'.length), counters.counter(name)]);
  return Object.fromEntries(named) as SpoolCounters;
}

export type SpoolOptions = {
  /** Created if it is missing. Only one process may use it; the lock of the data folder ensures that. */
  readonly folder: string;
  /** The most bytes that all segments may have; at least two segments, default 8 GiB. */
  readonly maxBytes?: number;
  /** Wall clock, ms. */
  readonly now?: Clock;
  /** With SPOOL_COUNTERS among them. */
  readonly counters: Counters;
  readonly log?: Logger;
  /** Room on the disk that is let go when it is full. */
  readonly reserve?: DiskReserve;
  /** Whether the store takes room on the same disk. */
  readonly sharesDisk?: boolean;
  /** The arrival clock starts no earlier, ms. */
  readonly startClock?: number;
  /** Where the spool publishes its durable end; its memory is shared with the writer's thread. */
  readonly durable?: DurableEnd;
  /** How long a segment stays after all its messages are safe, ms; default five minutes. */
  readonly graceMs?: number;
  /** Time between attempts while the disk fails, ms. */
  readonly retryMs?: number;
  /** Bytes of a segment: a multiple of 1 MiB, from 4 MiB to the default of 64 MiB. */
  readonly segmentBytes?: number;
};

/** The writing end of the spool, in the main thread. */
export interface OpenSpool extends Spool, AsyncDisposable {
  /** The random id of the spool, 32 hex digits. The store maps it to the number of a node. */
  readonly nonce: string;
  readonly recovered: RecoveryReport;
  /** How many messages of earlier runs have a sequence above this one, as far as the segments show. */
  recoveredAfter(sequence: number): number;
  /** The last durable message; its sequence is 0 if there is none. */
  readonly durable: { readonly sequence: number; readonly receivedAt: number };
  /** The durable end, for the reader in the writer's thread. */
  readonly durableEnd: DurableEnd;
  /** The end of all accepted records, as a place. Opaque; later places are greater. */
  readonly position: bigint;
  /**
   * All messages up to `sequence` are safe in the store: segments that hold no others are deleted
   * after the grace time.
   */
  markSafe(sequence: number): void;
  readonly segments: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Bytes that are not safe in the store yet, approximately. */
  readonly waitingBytes: number;
  /** Why the disk fails; undefined while it does not. */
  readonly failed: string | undefined;
}

/** A segment must hold the largest record and its definitions, wherever the stripes begin. */
const MIN_SEGMENT_BYTES = 4 * STRIPE_BYTES;

/** @throws CordwoodError ERR_CONFIG for wrong sizes */
export function checkSizes(folder: string, segmentBytes: number, maxBytes: number): void {
  if (segmentBytes % STRIPE_BYTES !== 0 || segmentBytes < MIN_SEGMENT_BYTES || segmentBytes > SEGMENT_BYTES) {
    const reason = `${segmentBytes} bytes is not a valid size of segments`;
    throw new CordwoodError('ERR_CONFIG', `cannot open the spool in ${folder}: ${reason}`);
  }
  if (maxBytes < 2 * segmentBytes) {
    const reason = `${formatBytes(maxBytes)} is too small; set spool.max_size to ${formatBytes(2 * segmentBytes)} or more`;
    throw new CordwoodError('ERR_CONFIG', `cannot open the spool in ${folder}: ${reason}`);
  }
}

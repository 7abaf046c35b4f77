import type { Clock } from '../base/clock.ts';
import { type Counter, type Counters, counter, gauge } from '../base/counters.ts';
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
  /** Made where there is none; of one process only, which the lock of the data folder sees to. */
  readonly folder: string;
  /** All segments together, bytes; default 8 GiB, at least two segments. */
  readonly maxBytes?: number;
  /** Wall clock, ms. */
  readonly now?: Clock;
  /** With SPOOL_COUNTERS among them. */
  readonly counters: Counters;
  readonly log?: Logger;
  /** ms: the arrival clock starts no lower. */
  readonly startClock?: number;
  /** Where the durable end is published; its memory goes to the writer's thread. */
  readonly durable?: DurableEnd;
  /** How long a segment stays after all of it is safe, ms; default five minutes. */
  readonly graceMs?: number;
  /** ms between tries where the disk refuses. */
  readonly retryMs?: number;
  /** Bytes of a segment: a multiple of 1 MiB from 4 to 64 MiB, the default. */
  readonly segmentBytes?: number;
};

/** The writing end, in the main thread. */
export interface OpenSpool extends Spool, AsyncDisposable {
  /** The random id of the spool, 32 hex digits: the store maps it to a node number. */
  readonly nonce: string;
  readonly recovered: RecoveryReport;
  /** How many messages of earlier runs were given numbers above `sequence`, as far as can be told. */
  recoveredAfter(sequence: number): number;
  /** The last message that is on disk; sequence 0 where there is none. */
  readonly durable: { readonly sequence: number; readonly receivedAt: number };
  /** Where the writer's reader finds the durable end: `DurableEnd.memory` goes to its thread. */
  readonly durableEnd: DurableEnd;
  /** The end of all that was accepted. Opaque; later places are greater. */
  readonly position: bigint;
  /** All up to `sequence` is safe in the store: segments wholly below are unlinked after the grace. */
  markSafe(sequence: number): void;
  readonly segments: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Bytes not yet safe in the store, nearly. */
  readonly waitingBytes: number;
  /** Why the disk refuses; undefined while it does not. */
  readonly failed: string | undefined;
}

import type { Clock } from '../base/clock.ts';
import type { Counter, Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { Spool } from './contract.ts';
import type { DurableEnd } from './read/durable-end.ts';
import type { RecoveryReport } from './read/recover.ts';

/** What the spool counts, made by the server before its threads start; the first six are levels of this moment. */
export const SPOOL_COUNTERS = [
  'spool.segments',
  'spool.bytes',
  'spool.waiting',
  /** 1 while nothing is accepted: there is no room, or the disk refuses. */
  'spool.full',
  'spool.failing',
  /** Messages of earlier runs that were not settled at the start. */
  'spool.earlier',
  'spool.records',
  'spool.messages',
  'spool.written',
  'spool.fsyncs',
  'spool.refused',
  'spool.failures',
  'spool.damaged_places',
  'spool.damaged_bytes',
] as const;

/** The handles of SPOOL_COUNTERS by their short names. */
export type SpoolCounters = Readonly<Record<Name<(typeof SPOOL_COUNTERS)[number]>, Counter>>;
type Name<Full> = Full extends `spool.${infer Short}` ? Short : never;

/** @throws RangeError where one was not made */
export function spoolCounters(counters: Counters): SpoolCounters {
  const named = SPOOL_COUNTERS.map((name) => [name.slice('spool.'.length), counters.counter(name)]);
  return Object.fromEntries(named) as SpoolCounters;
}

export type SpoolOptions = {
  /** Made where there is none; of one process only, which the lock of the data folder sees to. */
  readonly folder: string;
  /** All segments together, bytes; default 8 GiB, at least two segments. */
  readonly maxBytes?: number;
  /** Wall clock, ms. */
  readonly now?: Clock;
  /** With the names of SPOOL_COUNTERS. */
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

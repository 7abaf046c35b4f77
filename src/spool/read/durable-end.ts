import { SharedVersion } from '../../base/shared-version.ts';

/** Indices of the cells; the first holds the version. */
const PLACE = 1;
const COMPLETE_UNTIL = 2;
const LIVE_FROM = 3;

/**
 * How far the spool is durable, in memory that threads share: the main thread publishes it after
 * each fsync, the reader in the writer's thread stops there and waits for more.
 */
export class DurableEnd {
  readonly memory: SharedArrayBuffer;
  readonly #version: SharedVersion;
  readonly #cells: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(32)) {
    this.memory = memory;
    this.#version = new SharedVersion(memory);
    this.#cells = new BigInt64Array(memory);
  }

  /** Main thread only. The parameters are the properties of the same names. */
  publish(place: bigint, completeUntil: number): void {
    Atomics.store(this.#cells, PLACE, place);
    Atomics.store(this.#cells, COMPLETE_UNTIL, BigInt(completeUntil));
    this.#version.raise(true);
  }

  /** Main thread only: moves `completeUntil` while nothing arrives, and wakes no thread. */
  advance(completeUntil: number): void {
    Atomics.store(this.#cells, COMPLETE_UNTIL, BigInt(completeUntil));
  }

  /** All records below this place are durable. Opaque; later places are greater. */
  get place(): bigint {
    return Atomics.load(this.#cells, PLACE);
  }

  /**
   * ms on the arrival clock: every message that arrived earlier lies below `place`. Read it before
   * reading records: once `next()` finds no more, all messages that arrived before it have been
   * read.
   */
  get completeUntil(): number {
    return Number(Atomics.load(this.#cells, COMPLETE_UNTIL));
  }

  /**
   * The first segment of this run of the server; records of earlier segments are verified when they
   * are read.
   */
  get liveFrom(): number {
    return Number(Atomics.load(this.#cells, LIVE_FROM));
  }

  set liveFrom(segment: number) {
    Atomics.store(this.#cells, LIVE_FROM, BigInt(segment));
  }

  /** Rises with each publication. Read it before looking for records. */
  get version(): number {
    return this.#version.value;
  }

  /**
   * Resolves at the next publication after `version` was read, or after `timeoutMs`. Does not keep
   * a thread alive.
   */
  async changed(version: number, timeoutMs: number): Promise<void> {
    await this.#version.changed(version, timeoutMs);
  }
}

const VERSION = 0;
const PLACE = 1;
const COMPLETE_UNTIL = 2;
const LIVE_FROM = 3;

/**
 * How far the spool is on disk, in memory that threads share: the main thread publishes after each fsync, the
 * writer's reader goes no further and waits here for more.
 */
export class DurableEnd {
  readonly memory: SharedArrayBuffer;
  readonly #version: Int32Array;
  readonly #cells: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(32)) {
    this.memory = memory;
    this.#version = new Int32Array(memory, 0, 1);
    this.#cells = new BigInt64Array(memory);
  }

  /** Main thread only. @param completeUntil see the property of that name */
  publish(place: bigint, completeUntil: number): void {
    Atomics.store(this.#cells, PLACE, place);
    Atomics.store(this.#cells, COMPLETE_UNTIL, BigInt(completeUntil));
    Atomics.add(this.#version, VERSION, 1);
    Atomics.notify(this.#version, VERSION);
  }

  /** Main thread only: moves `completeUntil` while nothing arrives, and wakes nobody. */
  advance(completeUntil: number): void {
    Atomics.store(this.#cells, COMPLETE_UNTIL, BigInt(completeUntil));
  }

  /** All records below it are on disk. Opaque; later places are greater. */
  get place(): bigint {
    return Atomics.load(this.#cells, PLACE);
  }

  /**
   * ms on the arrival clock: whatever is not yet below `place` arrived then or later. Read it before a round of
   * reading: once `next()` has found nothing more, all that arrived before it has been seen.
   */
  get completeUntil(): number {
    return Number(Atomics.load(this.#cells, COMPLETE_UNTIL));
  }

  /** The first segment of this run of the server; what lies in earlier ones is verified when it is read. */
  get liveFrom(): number {
    return Number(Atomics.load(this.#cells, LIVE_FROM));
  }

  set liveFrom(segment: number) {
    Atomics.store(this.#cells, LIVE_FROM, BigInt(segment));
  }

  /** Rises with each publication; read it before looking for records. */
  get version(): number {
    return Atomics.load(this.#version, VERSION);
  }

  /**
   * Resolves when something was published since `version` was read, after `timeoutMs` at the latest.
   * The wait alone does not keep a thread alive.
   */
  async changed(version: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#version, VERSION, version, timeoutMs);
    if (wait.async) await wait.value;
  }
}

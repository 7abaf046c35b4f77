import { addAbortListener } from 'node:events';
import { SharedVersion } from '../base/shared-version.ts';
import type { Position } from './id.ts';

/**
 * The last visible message of one node, in memory that threads share: the writer publishes it,
 * readers look no further and wait for more.
 */
export class VisibleCell {
  readonly memory: SharedArrayBuffer;
  readonly #version: SharedVersion;
  readonly #values: Float64Array;
  readonly #clusterTime: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(40)) {
    this.memory = memory;
    this.#version = new SharedVersion(memory);
    this.#values = new Float64Array(memory, 8, 3);
    this.#clusterTime = new BigInt64Array(memory, 32, 1);
  }

  /**
   * Writer only. @param clusterTime when the store had the message, on the clock of a store that has one
   */
  publish(position: Position, clusterTime = 0n): void {
    // Before the position: a reader that sees the position must not get an older time.
    if (clusterTime > this.clusterTime) Atomics.store(this.#clusterTime, 0, clusterTime);
    this.#set(position, true);
  }

  /**
   * Writer only: every message that arrived before `receivedAt` is stored, although none came since
   * the last one. Wakes no reader. @param node the node, if nothing was published yet
   */
  advance(receivedAt: number, node: number): void {
    const { position } = this;
    if (receivedAt <= (position?.receivedAt ?? 0)) return;
    this.#set({ receivedAt, node: position?.node ?? node, sequence: position?.sequence ?? 0 }, false);
  }

  /** While the version is odd, the three values are being changed. */
  #set({ receivedAt, node, sequence }: Position, notify: boolean): void {
    this.#version.raise(false);
    this.#values.set([receivedAt, node, sequence]);
    this.#version.raise(notify);
  }

  /**
   * The last visible message, and the time on the arrival clock before which everything is stored.
   * Undefined before the first publication.
   */
  get position(): Position | undefined {
    for (;;) {
      const before = this.#version.value;
      const [receivedAt, node, sequence] = this.#values;
      if (before % 2 === 0 && this.#version.value === before) {
        return before === 0 ? undefined : { receivedAt: receivedAt!, node: node!, sequence: sequence! };
      }
    }
  }

  /** When the store had all that is visible, on its own clock; 0 if the store has no clock. */
  get clusterTime(): bigint {
    return Atomics.load(this.#clusterTime, 0);
  }

  /** Rises with each publication. */
  get version(): number {
    return this.#version.value;
  }

  /** Resolves at the next publication after `version` was read, after `timeoutMs`, or when `signal` aborts. */
  async changed(version: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    using _listening = signal && addAbortListener(signal, () => resolve());
    await Promise.race([this.#version.changed(version, timeoutMs), aborted]);
  }
}

/** Bytes that all connections together may have read that are not yet durable. */
const LIMIT_BYTES = 64 << 20;

/** Counts bytes that were read and are not yet durable, over all connections, and wakes those that paused at the limit. */
export class ReadBudget {
  readonly limit: number;
  #used = 0;
  readonly #waiting = new Set<() => void>();

  constructor(limitBytes = LIMIT_BYTES) {
    this.limit = limitBytes;
  }

  get used(): number {
    return this.#used;
  }

  get exceeded(): boolean {
    return this.#used > this.limit;
  }

  add(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
    if (this.exceeded || this.#waiting.size === 0) return;
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** Calls `wake` once, when the limit is no longer exceeded. Waiting twice with the same function counts once. */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
  }

  /** Cancels a `wait`. */
  cancel(wake: () => void): void {
    this.#waiting.delete(wake);
  }
}

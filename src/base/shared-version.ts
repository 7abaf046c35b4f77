/**
 * A number in shared memory that one thread raises with each publication, so that other threads can
 * wait for the next.
 */
export class SharedVersion {
  readonly #cell: Int32Array;

  /** @param memory its first four bytes hold the number */
  constructor(memory: SharedArrayBuffer) {
    this.#cell = new Int32Array(memory, 0, 1);
  }

  get value(): number {
    return Atomics.load(this.#cell, 0);
  }

  /** Raises the number by one. @param notify whether waiting threads wake up */
  raise(notify: boolean): void {
    Atomics.add(this.#cell, 0, 1);
    if (notify) Atomics.notify(this.#cell, 0);
  }

  /**
   * Resolves when a publication has raised the number above `version`, or after `timeoutMs`. Read
   * `version` before looking at what it protects. The wait alone does not keep a thread alive.
   */
  async changed(version: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#cell, 0, version, timeoutMs);
    if (wait.async) await wait.value;
  }
}

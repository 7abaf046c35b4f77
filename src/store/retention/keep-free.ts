/** However little is free, messages may take this many bytes. */
const LEAST_BYTES = 64 << 20;
/** If less is free at the start than is to stay free, this share of it stays free. */
const SHARE = 0.5;

/**
 * Limits messages so that some room of their file system stays free. If others use that room up, messages do not pay for
 * it: they stop growing, and keep what they have.
 */
export class KeepFree {
  /** Bytes that messages may take. */
  #limit = Infinity;
  #freeAtStart: number | undefined;
  #isShort = false;

  /**
   * @param bytes what messages take
   * @param free what is free on the file system, bytes
   * @param keepFree what is to stay free, bytes
   * @returns how many bytes messages may take
   */
  limit(bytes: number, free: number, keepFree: number): number {
    this.#freeAtStart ??= free;
    const spare = free - Math.min(keepFree, this.#freeAtStart * SHARE);
    if (spare >= 0) this.#limit = bytes + spare;
    // Set once, not at each run: the limit would sink with every part that is deleted.
    else if (!this.#isShort) this.#limit = Math.min(this.#limit, bytes);
    this.#isShort = spare < 0;
    return Math.max(LEAST_BYTES, this.#limit);
  }
}

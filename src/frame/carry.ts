/**
 * The start of a frame whose end is still to come: its first `limit` bytes, and of the rest only how many there were.
 * Growing by doubling keeps a frame that trickles in byte by byte linear in time and bounded in memory.
 */
export class Carry {
  readonly #limit: number;
  #bytes: Buffer = NOTHING;
  /** Bytes kept. */
  #kept = 0;
  /** Bytes seen, kept or not. */
  seen = 0;
  /** The last byte seen; only where `seen` is above 0. */
  last = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds `chunk[from, to)`, which is not empty. */
  append(chunk: Uint8Array, from: number, to: number): void {
    const taken = Math.min(to - from, this.#limit - this.#kept);
    if (taken > 0) {
      this.#reserve(this.#kept + taken);
      this.#bytes.set(chunk.subarray(from, from + taken), this.#kept);
      this.#kept += taken;
    }
    this.seen += to - from;
    this.last = chunk[to - 1]!;
  }

  /** What is kept, until the next call of another method. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#kept);
  }

  /** The first bytes of what was kept, `most` at most; all is forgotten, but they stay: what comes later goes elsewhere. */
  take(most: number): Uint8Array {
    const head = this.#bytes.subarray(0, Math.min(this.#kept, most));
    this.clear();
    return head;
  }

  clear(): void {
    this.#bytes = NOTHING;
    this.#kept = 0;
    this.seen = 0;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(bytes, this.#bytes.length * 2)));
    this.#bytes.copy(grown, 0, 0, this.#kept);
    this.#bytes = grown;
  }
}

const NOTHING = Buffer.alloc(0);

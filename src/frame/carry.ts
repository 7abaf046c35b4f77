/**
 * The start of a frame whose end has not arrived: its first `limit` bytes, and the number of all its bytes. The buffer
 * grows by doubling, so that a frame which trickles in byte by byte takes linear time and bounded memory.
 */
export class Carry {
  readonly #limit: number;
  #bytes: Buffer = NOTHING;
  /** Bytes kept. */
  #kept = 0;
  /** Bytes seen, kept or not. */
  seen = 0;
  /** The last byte seen; valid only if `seen` is above 0. */
  last = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds `chunk[from, to)`, which must not be empty; keeps `limit` bytes in all. */
  append(chunk: Uint8Array, from: number, to: number, limit = this.#limit): void {
    const copied = Math.min(to - from, limit - this.#kept);
    if (copied > 0) {
      this.#reserve(this.#kept + copied, limit);
      this.#bytes.set(chunk.subarray(from, from + copied), this.#kept);
      this.#kept += copied;
    }
    this.seen += to - from;
    this.last = chunk[to - 1]!;
  }

  /** Bytes of memory in use. */
  get memory(): number {
    return this.#bytes.length;
  }

  /** The bytes kept; valid until the next call of another method. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#kept);
  }

  /** Returns at most `maxBytes` of the bytes kept, and starts afresh in another buffer, so that the result stays valid. */
  take(maxBytes: number): Uint8Array {
    const head = this.#bytes.subarray(0, Math.min(this.#kept, maxBytes));
    this.clear();
    return head;
  }

  clear(): void {
    this.#bytes = NOTHING;
    this.#kept = 0;
    this.seen = 0;
  }

  #reserve(bytes: number, limit: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(limit, Math.max(bytes, this.#bytes.length * 2)));
    this.#bytes.copy(grown, 0, 0, this.#kept);
    this.#bytes = grown;
  }
}

const NOTHING = Buffer.alloc(0);

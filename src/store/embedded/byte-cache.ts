/** Memory of an entry besides its bytes, about. */
const OVERHEAD = 256;

/** Byte arrays by key, up to `limit` bytes; the least recently used are evicted first. */
export class ByteCache {
  readonly #limit: number;
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.#entries.get(key);
    if (bytes) {
      this.#entries.delete(key);
      this.#entries.set(key, bytes);
    }
    return bytes;
  }

  set(key: string, bytes: Uint8Array): void {
    this.#evict(key);
    this.#entries.set(key, bytes);
    this.#bytes += bytes.length + OVERHEAD;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) return;
      this.#evict(oldest);
    }
  }

  #evict(key: string): void {
    const bytes = this.#entries.get(key);
    if (!bytes) return;
    this.#entries.delete(key);
    this.#bytes -= bytes.length + OVERHEAD;
  }
}

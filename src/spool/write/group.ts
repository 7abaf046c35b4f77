import { createMemory } from '../../base/wasm/wasm.ts';
import { checksumIn } from '../format/checksum.ts';

/** Holds the largest record with its index. */
const SLAB_BYTES = 1 << 20;
const SLABS_A_SET = 8;
/** Enough for what four fast senders have on the way to disk. */
const SPARE_SETS = 3;

/** A buffer for records, and the checksum of bytes in it. */
export type Slab = { readonly bytes: Buffer; sum(at: number, length: number, seed: number): number };
type PooledSlab = Slab & { readonly set: PooledSlab[] };

/**
 * A pool of slabs, which come back once they are on disk. Records are copied into them, because
 * keeping the sockets' own chunks until the fsync costs more: V8 counts those as external memory
 * and collects its whole heap to free them. Slabs are allocated in sets that share one memory;
 * SPARE_SETS sets are kept.
 */
export class Slabs {
  /** The free slabs of each set. */
  readonly #sets: PooledSlab[][] = [];

  acquire(): Slab {
    for (const set of this.#sets) {
      const slab = set.pop();
      if (slab) return slab;
    }
    const set = makeSet();
    this.#sets.push(set);
    return set.pop()!;
  }

  release(slabs: readonly Slab[]): void {
    for (const slab of slabs) (slab as PooledSlab).set.push(slab as PooledSlab);
    for (let index = this.#sets.length - 1; index >= SPARE_SETS; index--) {
      if (this.#sets[index]!.length === SLABS_A_SET) this.#sets.splice(index, 1);
    }
  }
}

function makeSet(): PooledSlab[] {
  const memory = createMemory(SLABS_A_SET * SLAB_BYTES);
  const sum = checksumIn(memory);
  const set: PooledSlab[] = [];
  for (let from = (SLABS_A_SET - 1) * SLAB_BYTES; from >= 0; from -= SLAB_BYTES) {
    const bytes = Buffer.from(memory.buffer, from, SLAB_BYTES);
    set.push({ bytes, set, sum: (at, length, seed) => sum(from + at, length, seed) });
  }
  return set;
}

/** Contiguous bytes of one segment. */
export type Run = {
  readonly segment: number;
  readonly position: number;
  bytes: number;
  readonly buffers: Uint8Array[];
};

/** Records that are written together and share one fsync. `done` resolves when they are durable. */
export class Group {
  readonly done: Promise<void>;
  readonly runs: Run[] = [];
  messages = 0;
  /** Sequence and arrival (ms) of the last message. */
  sequence = 0;
  receivedAt = 0;
  /** Arrival of the first record, ms. */
  firstReceivedAt: number | undefined;
  /** The place where the group ends. */
  end = 0n;
  #settlers: { resolve: () => void; reject: (reason: Error) => void };
  readonly #pool: Slabs;
  readonly #slabs: Slab[] = [];
  /** The stretch of the current slab that is not in a run yet. */
  #from = 0;
  #to = SLAB_BYTES;

  constructor(pool: Slabs) {
    this.#pool = pool;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settlers = { resolve, reject };
    // The caller of `append` may be gone: an unhandled rejection would end the process.
    promise.catch(() => {});
  }

  /** The slab of the last `piece`. */
  get slab(): Slab {
    return this.#slabs.at(-1)!;
  }

  /**
   * Reserves bytes for a place in a segment; the caller fills them at once. @returns where they
   * begin in `slab`
   */
  piece(segment: number, offset: number, bytes: number): number {
    let run = this.runs.at(-1);
    if (run === undefined || run.segment !== segment || run.position + run.bytes !== offset) {
      this.#seal();
      run = { segment, position: offset, bytes: 0, buffers: [] };
      this.runs.push(run);
    }
    if (this.#to + bytes > SLAB_BYTES) {
      this.#seal();
      this.#slabs.push(this.#pool.acquire());
      this.#from = 0;
      this.#to = 0;
    }
    const at = this.#to;
    this.#to += bytes;
    run.bytes += bytes;
    return at;
  }

  /** The runs, ready to be written. Call it after the last `piece`. */
  sealed(): readonly Run[] {
    this.#seal();
    return this.runs;
  }

  resolve(): void {
    this.#pool.release(this.#slabs);
    this.#settlers.resolve();
  }

  reject(reason: Error): void {
    this.#settlers.reject(reason);
  }

  #seal(): void {
    if (this.#slabs.length > 0 && this.#to > this.#from) {
      this.runs.at(-1)!.buffers.push(this.slab.bytes.subarray(this.#from, this.#to));
    }
    this.#from = this.#to;
  }
}

import { createMemory } from '../../base/wasm.ts';
import { checksumIn } from '../format/checksum.ts';

/** Room for the largest record with its index. */
const SLAB_BYTES = 1 << 20;
const SLABS_A_SET = 8;
/** What four fast senders have on its way to disk. */
const SPARE_SETS = 3;

/** A buffer that records are put together in, and the checksum of bytes within. */
export type Slab = { readonly bytes: Buffer; sum(at: number, length: number, seed: number): number };
type Held = Slab & { readonly set: Held[] };

/**
 * Slabs come back once they are on disk. To keep what sockets brought until then costs more than to copy it: V8 counts it
 * as somebody else's, and collects all it has to get rid of it. They come in sets of one memory, of which some are
 * kept.
 */
export class Slabs {
  /** The free slabs of each set. */
  readonly #sets: Held[][] = [];

  take(): Slab {
    for (const set of this.#sets) {
      const slab = set.pop();
      if (slab) return slab;
    }
    const set = makeSet();
    this.#sets.push(set);
    return set.pop()!;
  }

  release(slabs: readonly Slab[]): void {
    for (const slab of slabs) (slab as Held).set.push(slab as Held);
    for (let index = this.#sets.length - 1; index >= SPARE_SETS; index--) {
      if (this.#sets[index]!.length === SLABS_A_SET) this.#sets.splice(index, 1);
    }
  }
}

function makeSet(): Held[] {
  const memory = createMemory(SLABS_A_SET * SLAB_BYTES);
  const sum = checksumIn(memory);
  const set: Held[] = [];
  for (let from = (SLABS_A_SET - 1) * SLAB_BYTES; from >= 0; from -= SLAB_BYTES) {
    const bytes = Buffer.from(memory.buffer, from, SLAB_BYTES);
    set.push({ bytes, set, sum: (at, length, seed) => sum(from + at, length, seed) });
  }
  return set;
}

/** Bytes that follow one another in one segment. */
export type Run = {
  readonly segment: number;
  readonly position: number;
  bytes: number;
  readonly buffers: Uint8Array[];
};

/** Records that are written together and share one fsync; `done` resolves when they are on disk. */
export class Group {
  readonly done: Promise<void>;
  readonly runs: Run[] = [];
  messages = 0;
  /** Of its last message. */
  sequence = 0;
  receivedAt = 0;
  /** Of its first record. */
  firstReceivedAt: number | undefined;
  /** The place where it ends. */
  end = 0n;
  #settle: { resolve: () => void; reject: (reason: Error) => void };
  readonly #pool: Slabs;
  readonly #slabs: Slab[] = [];
  /** The stretch of the slab that no run has yet. */
  #from = 0;
  #to = SLAB_BYTES;

  constructor(pool: Slabs) {
    this.#pool = pool;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = { resolve, reject };
    // Who appended may have gone away: its promise must not bring the process down.
    promise.catch(() => {});
  }

  /** The slab in which the last `piece` lies. */
  get slab(): Slab {
    return this.#slabs.at(-1)!;
  }

  /** Takes `bytes` of the slab for the place given, to be filled at once. @returns where they begin in `slab` */
  piece(segment: number, offset: number, bytes: number): number {
    let run = this.runs.at(-1);
    if (run === undefined || run.segment !== segment || run.position + run.bytes !== offset) {
      this.#seal();
      run = { segment, position: offset, bytes: 0, buffers: [] };
      this.runs.push(run);
    }
    if (this.#to + bytes > SLAB_BYTES) {
      this.#seal();
      this.#slabs.push(this.#pool.take());
      this.#from = 0;
      this.#to = 0;
    }
    const at = this.#to;
    this.#to += bytes;
    run.bytes += bytes;
    return at;
  }

  /** The runs, ready to be written; call it after the last piece. */
  sealed(): readonly Run[] {
    this.#seal();
    return this.runs;
  }

  resolve(): void {
    this.#pool.release(this.#slabs);
    this.#settle.resolve();
  }

  reject(reason: Error): void {
    this.#settle.reject(reason);
  }

  #seal(): void {
    if (this.#slabs.length > 0 && this.#to > this.#from) {
      this.runs.at(-1)!.buffers.push(this.slab.bytes.subarray(this.#from, this.#to));
    }
    this.#from = this.#to;
  }
}

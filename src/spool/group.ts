import { giveBack } from '../base/memory.ts';

/** Room for the largest record with its index. */
const SLAB_BYTES = 1 << 20;
/** What four fast senders have on its way to disk. */
const SPARE_SLABS = 16;

/**
 * Buffers that records are put together in; they come back once they are on disk. To keep what sockets brought until
 * then costs more than to copy it: V8 counts it as somebody else's, and collects all it has to get rid of it.
 */
export class Slabs {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  giveBack(slabs: readonly Buffer[]): void {
    for (const slab of slabs) {
      if (this.#spare.length < SPARE_SLABS) this.#spare.push(slab);
      else giveBack(slab);
    }
  }
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
  readonly #slabs: Buffer[] = [];
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
  get slab(): Buffer {
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
    this.#pool.giveBack(this.#slabs);
    this.#settle.resolve();
  }

  reject(reason: Error): void {
    this.#settle.reject(reason);
  }

  #seal(): void {
    if (this.#slabs.length > 0 && this.#to > this.#from) {
      this.runs.at(-1)!.buffers.push(this.slab.subarray(this.#from, this.#to));
    }
    this.#from = this.#to;
  }
}

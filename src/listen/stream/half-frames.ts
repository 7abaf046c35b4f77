/** What the unfinished messages of all connections of a listener may take. */
const LIMIT = 64 << 20;

/** Counts the bytes of unfinished messages, and says whose has lasted longest when they are too many. */
export class HalfFrames<Holder> {
  readonly #limit: number;
  /** The one that began first comes first. */
  readonly #bytes = new Map<Holder, number>();
  #sum = 0;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  get sum(): number {
    return this.#sum;
  }

  /** What this one holds by now; `anew` where it is another message than before. */
  hold(holder: Holder, bytes: number, anew: boolean): void {
    const before = this.#bytes.get(holder) ?? 0;
    this.#sum += bytes - before;
    if (bytes === 0 || anew) this.#bytes.delete(holder);
    if (bytes > 0) this.#bytes.set(holder, bytes);
  }

  /** The oldest one, while all together are too many. */
  get excess(): Holder | undefined {
    if (this.#sum <= this.#limit) return undefined;
    for (const holder of this.#bytes.keys()) return holder;
    return undefined;
  }
}

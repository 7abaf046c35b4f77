/** Bytes that the unfinished messages of all connections of a listener may take. */
const LIMIT_BYTES = 64 << 20;

/** Counts the bytes of unfinished messages and finds the oldest one when they are too many. */
export class HalfFrames<Owner> {
  readonly #limit: number;
  /** The owner whose unfinished message began first comes first. */
  readonly #bytes = new Map<Owner, number>();
  #sum = 0;

  constructor(limitBytes = LIMIT_BYTES) {
    this.#limit = limitBytes;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Sets the size of an owner's unfinished message, 0 if it has none; `isNew` if it is not the same message as before. */
  set(owner: Owner, bytes: number, isNew: boolean): void {
    const before = this.#bytes.get(owner) ?? 0;
    this.#sum += bytes - before;
    if (bytes === 0 || isNew) this.#bytes.delete(owner);
    if (bytes > 0) this.#bytes.set(owner, bytes);
  }

  /** The owner of the oldest unfinished message while the limit is exceeded. */
  get excess(): Owner | undefined {
    if (this.#sum <= this.#limit) return undefined;
    for (const owner of this.#bytes.keys()) return owner;
    return undefined;
  }
}

/** Refused so often, with pauses that grow, a document is to blame and not what was going on. */
const TRIES = 5;
/** Where nothing beside it was taken either, it may as well be the server: then it is to blame after this long, ms. */
const ALONE_MS = 5 * 60_000;

type Attempts = { readonly since: number; tries: number };

/** Documents of one batch that the server refuses with codes nobody has told us of. */
export class PoisonDocuments {
  readonly #attempts = new Map<string, Attempts>();
  /** Codes that were seen to speak of documents: refused with them again and again, while others were taken. */
  readonly #proven = new Set<number>();
  readonly #aloneMs: number;

  constructor(aloneMs = ALONE_MS) {
    this.#aloneMs = aloneMs;
  }

  /** Notes that the server refused a document once more, or a command that begins with it. */
  note(id: string): void {
    const attempts = this.#attempts.get(id) ?? { since: performance.now(), tries: 0 };
    attempts.tries++;
    this.#attempts.set(id, attempts);
  }

  /** Whether it was tried often enough, or others were that were refused with this code. */
  isTried(id: string, code: number): boolean {
    return this.#proven.has(code) || (this.#attempts.get(id)?.tries ?? 0) >= TRIES;
  }

  /**
   * Whether a document that was tried often enough will never be taken.
   * @param besides whether the server took others at the same time
   */
  isGuilty(id: string, code: number, besides: boolean): boolean {
    if (!this.isTried(id, code)) return false;
    if (besides) this.#proven.add(code);
    const since = this.#attempts.get(id)?.since ?? Infinity;
    return besides || performance.now() - since >= this.#aloneMs;
  }

  /** The batch is stored, or another one comes. */
  clear(): void {
    this.#attempts.clear();
  }
}

import { MINUTE } from '../../../base/units.ts';

/**
 * After this many refusals, with growing pauses, the document is to blame and not the state of the
 * server.
 */
const ATTEMPTS = 5;
/** If the server accepted nothing else meanwhile, a document is to blame only after this long, ms. */
const ALONE_MS = 5 * MINUTE;

type Attempts = { readonly since: number; count: number };

/**
 * Finds, in one batch, documents that the server will never accept, although it refuses them with
 * unlisted codes.
 */
export class PoisonDocuments {
  readonly #attempts = new Map<string, Attempts>();
  /**
   * Codes that proved to be about documents: the server refused one with this code again and again,
   * but not others.
   */
  readonly #proven = new Set<number>();
  readonly #aloneMs: number;

  constructor(aloneMs = ALONE_MS) {
    this.#aloneMs = aloneMs;
  }

  /** Counts a refusal of a document, or of a command that begins with it. */
  note(id: string): void {
    const attempts = this.#attempts.get(id) ?? { since: performance.now(), count: 0 };
    attempts.count++;
    this.#attempts.set(id, attempts);
  }

  /** Whether a document was refused often enough, or the code is proven. */
  isSuspect(id: string, code: number): boolean {
    return this.#proven.has(code) || (this.#attempts.get(id)?.count ?? 0) >= ATTEMPTS;
  }

  /**
   * Whether a document that was refused often enough will never be accepted.
   * @param othersAccepted whether the server accepted others at the same time
   */
  isPoison(id: string, code: number, othersAccepted: boolean): boolean {
    if (!this.isSuspect(id, code)) return false;
    if (othersAccepted) this.#proven.add(code);
    const since = this.#attempts.get(id)?.since ?? Infinity;
    return othersAccepted || performance.now() - since >= this.#aloneMs;
  }

  /** The batch is stored, or another one comes. */
  clear(): void {
    this.#attempts.clear();
  }
}

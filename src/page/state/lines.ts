import type { Row } from '../api/answers.ts';

/** More lines than this are not kept; those farthest from where lines are added go, and load again by scrolling. */
const MAX_LINES = 100_000;

type Change =
  | { readonly kind: 'reset' }
  | { readonly kind: 'older' | 'newer'; readonly rows: readonly Row[] }
  | { readonly kind: 'dropped'; readonly from: 'oldest' | 'newest'; readonly count: number };

/** The lines of an answer that have been loaded, oldest first, and who wants to know of more. */
export class Lines {
  #rows: Row[] = [];
  #messages = 0;
  readonly #listeners = new Set<(change: Change) => void>();

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** How many of the lines are messages. */
  get messages(): number {
    return this.#messages;
  }

  reset(rows: readonly Row[]): void {
    this.#rows = [...rows];
    this.#messages = messagesIn(rows);
    this.#tell({ kind: 'reset' });
  }

  addOlder(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    this.#rows = [...rows, ...this.#rows];
    this.#messages += messagesIn(rows);
    this.#tell({ kind: 'older', rows });
    this.#limit('newest');
  }

  addNewer(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    for (const row of rows) this.#rows.push(row);
    this.#messages += messagesIn(rows);
    this.#tell({ kind: 'newer', rows });
    this.#limit('oldest');
  }

  /** @returns a function that ends it */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets whole thousands go, so that a live view does not shift its array for each line. */
  #limit(from: 'oldest' | 'newest'): void {
    if (this.#rows.length <= MAX_LINES) return;
    const count = Math.ceil((this.#rows.length - MAX_LINES) / 1000) * 1000;
    this.#messages -= messagesIn(this.#rows.splice(from === 'oldest' ? 0 : this.#rows.length - count, count));
    this.#tell({ kind: 'dropped', from, count });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function messagesIn(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + ('_id' in row ? 1 : 0), 0);
}

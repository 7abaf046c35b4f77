import { backoff } from '../../base/retry.ts';

/** ms between tries of a way that is closed: short enough that whoever mended it need not do more. */
const FIRST_TRY = 5000;
const LAST_TRY = 60_000;

/** Which ways of telling are closed (a mail server that is away) or being walked, so that not every notice has to find out. */
export class Ways {
  readonly #walked = new Set<string>();
  readonly #closed = new Map<string, { readonly failures: number; readonly until: number }>();

  /** Has one walk a way at a time. @returns what to call in the end; undefined where somebody walks it already */
  enter(way: string): (() => void) | undefined {
    if (this.#walked.has(way)) return undefined;
    this.#walked.add(way);
    return () => this.#walked.delete(way);
  }

  /** When a way may be tried, ms; 0 where nothing is against it. */
  openAt(way: string): number {
    return this.#closed.get(way)?.until ?? 0;
  }

  /** @returns when it is tried again, ms */
  failed(way: string, now: number): number {
    const failures = (this.#closed.get(way)?.failures ?? 0) + 1;
    const until = now + backoff(failures, FIRST_TRY, LAST_TRY);
    this.#closed.set(way, { failures, until });
    return until;
  }

  /** @returns how often it had failed before */
  worked(way: string): number {
    const failures = this.#closed.get(way)?.failures ?? 0;
    this.#closed.delete(way);
    return failures;
  }
}

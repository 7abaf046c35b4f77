import { backoff } from '../../base/retry.ts';
import { MINUTE, SECOND } from '../../base/units.ts';

/**
 * ms between attempts on a closed channel: short enough that a repaired one needs no manual retry.
 */
const FIRST_TRY = 5 * SECOND;
const LAST_TRY = MINUTE;

/**
 * Which channels (the mail server, a webhook) are busy, and which are closed after a failure: a
 * circuit breaker, so that not every delivery has to time out.
 */
export class Channels {
  readonly #busy = new Set<string>();
  readonly #closed = new Map<string, { readonly failures: number; readonly until: number }>();

  /** Takes a channel. @returns what releases it; undefined if it is taken already */
  acquire(channel: string): (() => void) | undefined {
    if (this.#busy.has(channel)) return undefined;
    this.#busy.add(channel);
    return () => this.#busy.delete(channel);
  }

  /** When a channel may be tried, ms; 0 if it is not closed. */
  openAt(channel: string): number {
    return this.#closed.get(channel)?.until ?? 0;
  }

  /** Closes a channel for a while. @returns when it is tried again, ms */
  failed(channel: string, now: number): number {
    const failures = (this.#closed.get(channel)?.failures ?? 0) + 1;
    const until = now + backoff(failures, FIRST_TRY, LAST_TRY);
    this.#closed.set(channel, { failures, until });
    return until;
  }

  /** Opens a channel. @returns how often it had failed before */
  worked(channel: string): number {
    const failures = this.#closed.get(channel)?.failures ?? 0;
    this.#closed.delete(channel);
    return failures;
  }
}

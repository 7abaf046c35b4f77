import { setTimeout as sleep } from 'node:timers/promises';

export type RetryOptions = {
  /** Aborts the waiting, and the work, which gets it as a parameter. */
  readonly signal: AbortSignal;
  /** The number of attempts; default unlimited. */
  readonly attempts?: number;
  /** Wait before the second attempt, ms; doubled after each attempt. */
  readonly firstMs?: number;
  /** The longest wait, ms. */
  readonly maxMs?: number;
  /** Whether another attempt makes sense after this error; default always. */
  readonly worthwhile?: (error: unknown) => boolean;
  /** Called for each failure before another attempt, with the wait before that. */
  readonly onFailure?: (error: unknown, waitMs: number) => void;
};

/**
 * Repeats `work` until it succeeds. Waits double; each is chosen at random between half and all of
 * its length, so that many clients that failed together do not retry together. @throws the last
 * error, or the signal's reason once it is aborted
 */
export async function retry<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  const { signal, attempts = Infinity, worthwhile = () => true } = options;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work(signal);
    } catch (error) {
      if (signal.aborted || attempt >= attempts || !worthwhile(error)) throw error;
      const waitMs = backoff(attempt, options.firstMs, options.maxMs);
      options.onFailure?.(error, waitMs);
      await sleep(waitMs, undefined, { signal });
    }
  }
}

/** The wait after a number of failures, ms; `random` returns a number from 0 to below 1. */
export function backoff(failures: number, firstMs = 100, maxMs = 30_000, random: () => number = Math.random): number {
  const longest = Math.min(maxMs, firstMs * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random() / 2));
}

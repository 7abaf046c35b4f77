import { setTimeout as sleep } from 'node:timers/promises';

export type RetryOptions = {
  /** Ends the waiting; the work gets it, too. */
  readonly signal: AbortSignal;
  /** Tries in all; without it there is no end to them. */
  readonly attempts?: number;
  /** ms before the second try, doubled from try to try. */
  readonly firstMs?: number;
  /** ms that no wait exceeds. */
  readonly maxMs?: number;
  /** Whether another try makes sense after this error; all do where it is absent. */
  readonly worthwhile?: (error: unknown) => boolean;
  /** Told of each failure that another try follows, with the wait before it. */
  readonly onFailure?: (error: unknown, waitMs: number) => void;
};

/**
 * Does `work` until it succeeds. Waits double and are spread over half to all of their length, so that many who
 * failed together do not come back together. @throws the last error, or the signal's reason once it is aborted
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

/** The wait in ms after a number of failures; `random` yields 0 (included) to 1 (excluded). */
export function backoff(failures: number, firstMs = 100, maxMs = 30_000, random: () => number = Math.random): number {
  const longest = Math.min(maxMs, firstMs * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random() / 2));
}

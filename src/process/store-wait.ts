import { type CordwoodError, reasonOf } from '../base/errors.ts';
import { isDiskFull } from '../base/machine/disk-reserve.ts';
import type { Logger } from '../base/log.ts';
import { retry } from '../base/retry.ts';

/** A store that has not answered for this long is reported, and the listeners open, ms. */
const SLOW_MS = 3000;
/** Delays between attempts, the first and the longest, ms. */
const FIRST_MS = 500;
const MAX_MS = 5000;

export type StoreWaitOptions = {
  /** Whether the store is on other machines, so that it may be unreachable and return. */
  readonly mayReturn: boolean;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Called with the reason at each attempt that fails, and with undefined when the wait is over. */
  readonly onWaiting: (reason: string | undefined) => void;
};

/**
 * Waits during a start for a store on other machines, or for room on a full disk; meanwhile messages stay in the spool. Only a configuration error at
 * the first attempt ends the start: every other error may be corrected on either side.
 */
export class StoreWait {
  readonly #options: StoreWaitOptions;
  readonly #logged = new Set<string>();
  #reason: string | undefined;

  constructor(options: StoreWaitOptions) {
    this.#options = options;
  }

  /**
   * Repeats work on the store until it succeeds. @throws an error that waiting does not correct, or the signal's reason
   * @param slow the reason to report if the work neither succeeds nor fails for some seconds
   */
  async until<Result>(work: () => Promise<Result>, slow: string): Promise<Result> {
    const { mayReturn, signal, log } = this.#options;
    const timer = mayReturn && setTimeout(() => this.#reason ?? this.#waitFor(slow, (text) => log.warn(text)), SLOW_MS);
    try {
      return await retry(() => unlessAborted(work(), signal), {
        signal,
        firstMs: FIRST_MS,
        maxMs: MAX_MS,
        worthwhile: (error) => isDiskFull(error) || (mayReturn && this.#isWorthwhile((error as CordwoodError).code)),
        onFailure: (error) => this.#waitFor(`${reasonOf(error)}; trying again`, (text) => log.error(text)),
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      if (timer) clearTimeout(timer);
    }
  }

  #isWorthwhile(code: unknown): boolean {
    return code === 'ERR_STORE' || (code === 'ERR_CONFIG' && this.#reason !== undefined);
  }

  /** Ends the wait: the store has answered everything the start needs. */
  done(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#logged.clear();
    this.#options.log.info('store reachable');
    this.#options.onWaiting(undefined);
  }

  #waitFor(reason: string, write: (text: string) => void): void {
    this.#reason = reason;
    this.#options.onWaiting(reason);
    if (!this.#logged.has(reason)) write(`${reason}; messages wait in the spool`);
    this.#logged.add(reason);
  }
}

/** A hung attempt does not delay a stop; its result is ignored. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

import { type CordwoodError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { retry } from '../base/retry.ts';

/** Nobody who sends is to wait longer than this for a store that takes its time, ms. */
const SILENT_MS = 3000;
const FIRST_MS = 500;
const MOST_MS = 5000;

export type StoreWaitOptions = {
  /** Whether the store is on other machines, which may be away for as long as they like. */
  readonly mayReturn: boolean;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Told why nothing goes on, at each try that fails; undefined once it goes on. */
  readonly onWaiting: (reason: string | undefined) => void;
};

/**
 * The patience of a start with a store on other machines: what it may not be told yet waits in the spool. A first try
 * that fails by the configuration ends the start; nothing else does, since somebody may mend it there, or here.
 */
export class StoreWait {
  readonly #options: StoreWaitOptions;
  readonly #said = new Set<string>();
  #reason: string | undefined;

  constructor(options: StoreWaitOptions) {
    this.#options = options;
  }

  /**
   * Does work that asks the store until it succeeds. @throws what no waiting mends, or the reason of the signal
   * @param slow what is said where it neither succeeds nor fails for some seconds
   */
  async until<Result>(work: () => Promise<Result>, slow: string): Promise<Result> {
    const { mayReturn, signal, log } = this.#options;
    if (!mayReturn) return await work();
    const silent = setTimeout(() => this.#reason ?? this.#waitFor(slow, (text) => log.warn(text)), SILENT_MS);
    try {
      return await retry(() => unlessAborted(work(), signal), {
        signal,
        firstMs: FIRST_MS,
        maxMs: MOST_MS,
        worthwhile: (error) => this.#isWorthwhile((error as CordwoodError).code),
        onFailure: (error) => this.#waitFor(`${reasonOf(error)}; trying again`, (text) => log.error(text)),
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(silent);
    }
  }

  #isWorthwhile(code: unknown): boolean {
    return code === 'ERR_STORE' || (code === 'ERR_CONFIG' && this.#reason !== undefined);
  }

  /** All that the store had to be asked is done. */
  done(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#said.clear();
    this.#options.log.info('the store is there');
    this.#options.onWaiting(undefined);
  }

  #waitFor(reason: string, say: (text: string) => void): void {
    this.#reason = reason;
    this.#options.onWaiting(reason);
    if (!this.#said.has(reason)) say(`${reason}; what arrives waits in the spool`);
    this.#said.add(reason);
  }
}

/** A try that hangs holds nobody back who wants us to end; what comes of it, nobody needs. */
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

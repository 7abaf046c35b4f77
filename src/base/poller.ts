import { setTimeout as sleepFor } from 'node:timers/promises';
import { reasonOf } from './errors.ts';

/** Receives the changes between failing and working, not each failure. */
export type FailureReports = {
  /** Called on the first failure, and again only after a success. */
  readonly onFailure: (reason: string) => void;
  /** Called on the first success after a failure. */
  readonly onRecovery?: () => void;
};

/** Runs work that is repeated anyway, so that a failure needs no handling but a report. */
export class RepeatedWork {
  readonly #reports: FailureReports;
  #failing = false;

  constructor(reports: FailureReports) {
    this.#reports = reports;
  }

  /** Runs the work once; never throws. */
  async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#failing) this.#reports.onFailure(reasonOf(error));
      this.#failing = true;
      return;
    }
    if (this.#failing) this.#reports.onRecovery?.();
    this.#failing = false;
  }
}

export type PollerOptions = FailureReports & {
  /** Never runs twice at once. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Pause between two runs, ms. */
  readonly everyMs: number;
  /** Runs at once; otherwise after the first pause. */
  readonly immediately?: boolean;
  /** False lets the process end during a pause. */
  readonly keepsAlive?: boolean;
  /** Replaced by tests. Rejects as soon as the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
};

/** Repeats work until it is disposed of; disposing waits for the run under way. */
export class Poller implements AsyncDisposable {
  readonly #options: PollerOptions;
  readonly #work: RepeatedWork;
  readonly #ended = new AbortController();
  #pause = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#work = new RepeatedWork(options);
    this.#running = this.#run();
  }

  /** Ends the pause; if a run is under way, another one follows it without a pause. */
  wake(): void {
    this.#pause.abort();
  }

  /** Runs other work once, whose failures are reported together with those of the polling. */
  async attempt(work: () => Promise<void>): Promise<void> {
    await this.#work.run(work);
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    if (!this.#options.immediately) await this.#sleep();
    while (!signal.aborted) {
      await this.#work.run(() => this.#options.work(signal));
      await this.#sleep();
    }
  }

  async #sleep(): Promise<void> {
    const { everyMs, keepsAlive = true, sleep = sleepUntil(keepsAlive) } = this.#options;
    const { signal } = this.#pause;
    if (!signal.aborted) await sleep(everyMs, signal).catch(() => {});
    this.#pause = new AbortController();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#pause.abort();
    await this.#running;
  }
}

function sleepUntil(ref: boolean): (ms: number, signal: AbortSignal) => Promise<unknown> {
  return (ms, signal) => sleepFor(ms, undefined, { signal, ref });
}

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CountJob, CountResult } from './count-runs.ts';

/** ms after its last question at which a thread ends. */
const IDLE_MS = 30_000;
/** More would wait for the disk and for memory. */
const MOST_THREADS = 4;
/** Memory for short-lived objects, MiB: strings of 32 KiB pass through it. */
const LIMITS = { maxYoungGenerationSizeMb: 6 };

/** The extension of the program's files: `.ts` in a checkout, `.js` in a package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A thread and, while it counts, who waits for it. */
type Helper = {
  readonly worker: Worker;
  readonly taker: number;
  answer: ((result: CountResult | undefined) => void) | undefined;
};

/** What a thread counts: its number in the `RunQueue`, and its result, undefined if it failed. */
export type Help = { readonly taker: number; readonly result: Promise<CountResult | undefined> };

/**
 * Threads that count runs of blocks beside the reader: one for each core but the first, which begin
 * when they are first needed and end when they are idle.
 */
export class ScanThreads implements Disposable {
  readonly #most = Math.min(availableParallelism() - 1, MOST_THREADS);
  readonly #helpers: Helper[] = [];
  #idle: NodeJS.Timeout | undefined;

  /** Has every thread that is not counting take runs of a question. */
  help(job: CountJob): Help[] {
    clearTimeout(this.#idle);
    while (this.#helpers.length < this.#most) this.#start(this.#freeNumber());
    const free = this.#helpers.filter(({ answer }) => answer === undefined);
    return free.map((helper) => {
      const { promise, resolve } = Promise.withResolvers<CountResult | undefined>();
      helper.answer = resolve;
      helper.worker.ref();
      helper.worker.postMessage(job);
      return { taker: helper.taker, result: promise };
    });
  }

  #freeNumber(): number {
    let taker = 1;
    while (this.#helpers.some((helper) => helper.taker === taker)) taker++;
    return taker;
  }

  #start(taker: number): void {
    const file = new URL(`./scan-thread${EXTENSION}`, import.meta.url);
    const worker = new Worker(file, { workerData: { taker }, name: 'scan', resourceLimits: LIMITS });
    const helper: Helper = { worker, taker, answer: undefined };
    worker.unref();
    worker.on('message', (result: CountResult | { readonly failed: string }) => {
      this.#answer(helper, 'failed' in result ? undefined : result);
    });
    // The reader counts what a failed thread took; if the cause lasts, it fails with the same error.
    worker.on('error', () => this.#forget(helper));
    worker.on('exit', () => this.#forget(helper));
    this.#helpers.push(helper);
  }

  #answer(helper: Helper, result: CountResult | undefined): void {
    helper.worker.unref();
    const { answer } = helper;
    helper.answer = undefined;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    answer?.(result);
  }

  #forget(helper: Helper): void {
    const at = this.#helpers.indexOf(helper);
    if (at >= 0) this.#helpers.splice(at, 1);
    this.#answer(helper, undefined);
  }

  #end(): void {
    clearTimeout(this.#idle);
    for (const { worker } of this.#helpers) void worker.terminate();
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}

import { Worker } from 'node:worker_threads';
import { CordwoodError, ERROR_CODES, type ErrorCode, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type ThreadLog, writeThreadLog } from './thread-log.ts';

type Message = { readonly kind: string };

/** Every thread answers a ping as soon as its event loop is free. */
export type Ping = { readonly kind: 'ping' };
export type Pong = { readonly kind: 'pong' };

/** Memory for short-lived objects of a thread, MiB: V8's default of three times 16 gains nothing in most of them. */
const YOUNG_MB = 6;

export type ThreadOptions<In> = {
  readonly data: unknown;
  readonly log: Logger;
  readonly lastWords: In;
  readonly deadlineMs: number;
  /** Memory for short-lived objects, MiB. */
  readonly youngMb?: number;
};

/** A worker thread with typed messages in and out. Disposing of it asks it to end, and terminates it after a deadline. */
export class Thread<In extends Message, Out extends Message> implements AsyncDisposable {
  readonly name: string;
  /** Rejects when the thread fails; never resolves. */
  readonly failed: Promise<never>;
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #lastWords: In;
  readonly #deadlineMs: number;
  readonly #exited: Promise<void>;
  #ending = false;

  /** @param options.lastWords the message that asks the thread to end; after `deadlineMs` it is terminated */
  constructor(name: string, options: ThreadOptions<In>) {
    this.name = name;
    this.#log = options.log;
    this.#lastWords = options.lastWords;
    this.#deadlineMs = options.deadlineMs;
    // The thread's entry is in the parent folder: a `.ts` file in a checkout, `.js` in a package.
    const file = new URL(`../${name}${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
    const resourceLimits = { maxYoungGenerationSizeMb: options.youngMb ?? YOUNG_MB };
    this.#worker = new Worker(file, { workerData: options.data, name, resourceLimits });
    this.#worker.on('message', (message: Out | ThreadLog) => {
      if (message.kind === 'log') writeThreadLog(this.#log, message as ThreadLog);
    });
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    // Not awaited yet: this prevents an unhandled rejection. Each `await` of `failed` still rejects.
    promise.catch(() => {});
    this.#worker.once('error', (error: Error) => reject(failureOf(name, error)));
    this.#exited = new Promise((exited) => {
      this.#worker.once('exit', (code) => {
        if (!this.#ending) reject(new Error(`the ${name} thread ended with code ${code}`));
        exited();
      });
    });
  }

  post(message: In): void {
    this.#worker.postMessage(message);
  }

  onMessage(listener: (message: Out) => void): void {
    this.#worker.on('message', listener);
  }

  /** Whether the thread answers a ping before the deadline (ms); false if it hangs. */
  async answers(deadlineMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), deadlineMs);
    const listener = ({ kind }: Message) => {
      if (kind === 'pong') resolve(true);
    };
    this.#worker.on('message', listener);
    this.#worker.postMessage({ kind: 'ping' } satisfies Ping);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#worker.off('message', listener);
    }
  }

  /** Resolves with the next message of a kind. @throws what the thread failed with */
  async next<Kind extends Out['kind']>(kind: Kind): Promise<Extract<Out, { kind: Kind }>> {
    const { promise, resolve } = Promise.withResolvers<Extract<Out, { kind: Kind }>>();
    const listener = (message: Out) => {
      if (message.kind === kind) resolve(message as Extract<Out, { kind: Kind }>);
    };
    this.#worker.on('message', listener);
    try {
      return await Promise.race([promise, this.failed]);
    } finally {
      this.#worker.off('message', listener);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    this.post(this.#lastWords);
    const timer = setTimeout(() => {
      this.#log.warn(`the ${this.name} thread did not end within ${this.#deadlineMs / 1000} s and was terminated`);
      this.#worker.terminate().catch(() => {});
    }, this.#deadlineMs);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** Whether all threads answer before the deadline; those that do not are logged. */
export async function allAnswer(
  threads: readonly { readonly name: string; answers(deadlineMs: number): Promise<boolean> }[],
  { ms, log }: { readonly ms: number; readonly log: Logger },
): Promise<boolean> {
  const answers = await Promise.all(threads.map((thread) => thread.answers(ms)));
  const silent = threads.filter((_, index) => !answers[index]).map(({ name }) => name);
  for (const name of silent) log.error({ thread: name }, `the ${name} thread does not answer (waited ${ms / 1000} s)`);
  return silent.length === 0;
}

/** The error that a thread threw: a CordwoodError loses its class between threads, so it is made again from its code. */
function failureOf(name: string, error: Error): Error {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)) {
    return new CordwoodError(code as ErrorCode, reasonOf(error), { cause: error });
  }
  return new Error(`the ${name} thread failed: ${reasonOf(error)}`, { cause: error });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { backoff } from '../base/retry.ts';
import { HOUR, SECOND } from '../base/units.ts';
import type { Thread } from './thread.ts';

type Message = { readonly kind: string };

/** Waits before a thread that failed is started again, ms. */
const FIRST_MS = SECOND;
const MAX_MS = 60 * SECOND;
/** A thread that ran for this long starts again without delay, and its last failure is no longer reported, ms. */
const CALM_MS = HOUR;

/**
 * A thread that is started again if it fails, so that what other threads do goes on. Before `keep`, a failure is
 * that of the start.
 */
export class KeptThread<In extends Message, Out extends Message> implements AsyncDisposable {
  readonly #open: () => Thread<In, Out>;
  readonly #log: Logger;
  readonly #does: string;
  readonly #stopping = new AbortController();
  #thread: Thread<In, Out>;
  #kept: Promise<void> = Promise.resolve();
  #isAway = false;
  #failures = 0;
  #last: { readonly at: number; readonly reason: string } | undefined;

  /** @param does what is interrupted when the thread fails, for people */
  constructor(open: () => Thread<In, Out>, log: Logger, does = 'questions and alerts were') {
    this.#does = does;
    this.#open = open;
    this.#log = log;
    this.#thread = open();
  }

  /** The thread that runs now. */
  get current(): Thread<In, Out> {
    return this.#thread;
  }

  get name(): string {
    return this.#thread.name;
  }

  /** What failed within the last hour, for people. */
  get troubles(): string[] {
    if (!this.#last || Date.now() - this.#last.at > CALM_MS) return [];
    const { at, reason } = this.#last;
    const times = this.#failures > 1 ? `, ${this.#failures} times within an hour` : '';
    return [`${this.#does} interrupted at ${new Date(at).toISOString()}${times}: ${reason}`];
  }

  /** Nothing becomes of what is sent while the thread is away. */
  post(message: In): void {
    this.#thread.post(message);
  }

  /** Whether the thread answers before the deadline (ms), or is about to be started again. */
  async answers(deadlineMs: number): Promise<boolean> {
    return this.#isAway || (await this.#thread.answers(deadlineMs));
  }

  /** From now on, starts the thread again whenever it fails. @param begin lets a new thread begin its work */
  keep(begin: (thread: Thread<In, Out>) => Promise<unknown>): void {
    this.#kept = this.#keep(begin);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#kept;
    await this.#thread[Symbol.asyncDispose]();
  }

  async #keep(begin: (thread: Thread<In, Out>) => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    while (!signal.aborted) {
      try {
        await Promise.race([this.#thread.failed, stopped]);
      } catch (error) {
        await this.#startAgain(error);
        // If this fails, so does the thread, or the server stops.
        if (!signal.aborted) await Promise.race([begin(this.#thread), stopped]).catch(() => {});
        this.#isAway = false;
      }
    }
  }

  async #startAgain(error: unknown): Promise<void> {
    const { signal } = this.#stopping;
    this.#isAway = true;
    if (this.troubles.length === 0) this.#failures = 0;
    this.#last = { at: Date.now(), reason: reasonOf(error) };
    const waitMs = backoff(++this.#failures, FIRST_MS, MAX_MS);
    const next = `it starts again in ${(waitMs / SECOND).toFixed(1)} s, and what arrives is stored meanwhile`;
    this.#log.error({ err: error }, `the ${this.name} thread failed: ${next}`);
    await sleep(waitMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) this.#thread = this.#open();
  }
}

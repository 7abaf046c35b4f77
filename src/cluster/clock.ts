import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { formatDuration } from '../base/units.ts';
import type { StoreReader } from '../store/contract.ts';

/** How often the clocks are compared, ms. */
const LOOK_MS = 30_000;
/** A clock that gains more than this on the time that passes was set forward, ms. */
const JUMP_MS = 30_000;
/** It is believed after this, ms: whoever keeps the log of when we listened notices within a second, and writes it. */
const DOUBT_MS = 5000;
/** Clocks that differ by less are the same, ms: the answer was under way, too. */
const SAME_MS = 2000;

export type ClusterClockOptions = {
  readonly store: Pick<StoreReader, 'time'>;
  /** The arrival clock as far as it is known, ms: it never steps back. */
  readonly arrived: () => number;
  readonly log: Logger;
  /** ms; the wall clock unless told. */
  readonly wall?: () => number;
  /** ms that pass, from any beginning, by a clock that nobody sets; only tests give another. */
  readonly elapsed?: () => number;
};

/** What was said last, and what had passed then, ms. */
type Said = { readonly time: number; readonly at: number };

/**
 * The time that alerts are judged by. Where several nodes judge in turns it is that of the database, so that a tick is
 * the same for all of them, whatever their clocks say. After the wall clock was set back it goes on with the arrival
 * clock, which runs at half speed then: ticks come later, and none is left out. Of a time that was left out it says
 * nothing before everybody can know that nobody listened in it.
 */
export class ClusterClock implements AsyncDisposable {
  readonly #options: ClusterClockOptions;
  readonly #ended = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** How far the database's clock is ahead of ours, ms; 0 where they are the same. */
  #ahead = 0;
  #said: Said;
  /** Until when a step forward is not believed, ms that pass. */
  #doubtful = -Infinity;

  private constructor(options: ClusterClockOptions) {
    this.#options = options;
    this.#said = { time: this.#shown(), at: this.#elapsed() };
  }

  /** Compares the clocks once, and from then on regularly. */
  static async open(options: ClusterClockOptions): Promise<ClusterClock> {
    const clock = new ClusterClock(options);
    if (!options.store.time) return clock;
    await clock.look();
    clock.#said = { time: clock.#shown(), at: clock.#elapsed() };
    clock.#running = clock.#run();
    return clock;
  }

  /** ms. */
  readonly now = (): number => {
    const time = this.#shown();
    const at = this.#elapsed();
    const expected = this.#said.time + at - this.#said.at;
    const jumped = time - expected > JUMP_MS;
    if (jumped && this.#doubtful === -Infinity) this.#doubtful = at + DOUBT_MS;
    if (jumped && at < this.#doubtful) return this.#said.time;
    this.#doubtful = -Infinity;
    this.#said = { time, at };
    return time;
  };

  #shown(): number {
    const wall = this.#wall();
    return this.#ahead === 0 ? Math.max(wall, this.#options.arrived()) : wall + this.#ahead;
  }

  /** Compares the clocks. */
  async look(): Promise<void> {
    const { store, log } = this.#options;
    const asked = this.#wall();
    let ahead: number;
    try {
      const time = await store.time!();
      const answered = this.#wall();
      const slack = SAME_MS + Math.abs(answered - asked);
      ahead = time - (asked + answered) / 2;
      if (Math.abs(ahead) < slack) ahead = 0;
    } catch (error) {
      log.debug(`cannot ask the store for the time: ${reasonOf(error)}`);
      return;
    }
    const differs = Math.abs(ahead - this.#ahead) >= SAME_MS;
    this.#ahead = Math.round(ahead);
    if (!differs) return;
    if (ahead === 0) return log.info("this machine's clock is that of the database again");
    const off = `${formatDuration(Math.round(Math.abs(ahead) / 1000) * 1000)} ${ahead < 0 ? 'ahead of' : 'behind'}`;
    log.error(
      `this machine's clock is ${off} the database's, by which alerts are judged: what arrives here counts at another time; set the clock`,
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.look();
    }
  }

  #wall(): number {
    return (this.#options.wall ?? Date.now)();
  }

  #elapsed(): number {
    return (this.#options.elapsed ?? (() => performance.now()))();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }
}

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { TrustedClock } from '../base/machine/trusted-clock.ts';
import { Poller } from '../base/poller.ts';
import { DAY, formatDuration, SECOND } from '../base/units.ts';
import type { StoreReader } from '../store/contract.ts';

/** How often the clocks are compared, ms. */
const COMPARE_MS = 30 * SECOND;
/** A clock that gains more than this on the monotonic clock was set forward, ms. */
const JUMP_MS = 30 * SECOND;
/**
 * The new time counts only after this, ms. Meanwhile the log of gaps records the skipped period, so
 * that no rule about silence takes it for a period without messages.
 */
const SETTLE_MS = 5 * SECOND;
/** Clocks that differ by less count as the same, ms: the answer of the database takes time, too. */
const TOLERANCE_MS = 2 * SECOND;

export type ClusterClockOptions = {
  readonly store: Pick<StoreReader, 'time'>;
  /** The arrival clock as far as it is known, ms: it never steps back. */
  readonly arrived: Clock;
  readonly log: Logger;
  /** ms; the wall clock by default. */
  readonly wall?: Clock;
  /** A monotonic clock, ms; replaced only by tests. */
  readonly elapsed?: Clock;
};

/** A time that was returned, and the monotonic clock then, ms. */
type Reading = { readonly time: number; readonly at: number };

/**
 * The time that rules are judged by. It is that of the database if there is one, so that a tick is
 * the same on each node, whatever the nodes' own clocks show. If the wall clock is set back, it
 * follows the arrival clock, which then runs at half speed: ticks come later, and none is left out.
 * If a clock is set forward, it waits until the skipped period is known to be a gap. It believes a
 * jump of the wall clock as times of arrival do: ticks that were judged a year ahead would be the
 * last ones for a year.
 */
export class ClusterClock implements AsyncDisposable {
  readonly #options: ClusterClockOptions;
  readonly #trusted: TrustedClock;
  #poller: Poller | undefined;
  /**
   * How far the database's clock is ahead of ours, ms; 0 if they are the same or there is no
   * database.
   */
  #ahead = 0;
  #last: Reading;
  /** Until when a step forward is ignored, by the monotonic clock, ms. */
  #ignoredUntil = -Infinity;

  private constructor(options: ClusterClockOptions) {
    this.#options = options;
    const { wall = Date.now, elapsed: steady } = options;
    this.#trusted = new TrustedClock({ wall: wall(), tolerance: DAY, ...(steady && { steady }) });
    this.#last = this.#reading();
  }

  /** Compares the clocks once, and from then on regularly. */
  static async open(options: ClusterClockOptions): Promise<ClusterClock> {
    const clock = new ClusterClock(options);
    if (!options.store.time) return clock;
    const onFailure = (reason: string) => options.log.debug(`cannot read the database's clock: ${reason}`);
    clock.#poller = new Poller({ work: () => clock.compare(), everyMs: COMPARE_MS, onFailure });
    await clock.#poller.attempt(() => clock.compare());
    clock.#last = clock.#reading();
    return clock;
  }

  /** ms. */
  readonly now: Clock = () => {
    const next = this.#reading();
    const expected = this.#last.time + next.at - this.#last.at;
    const jumped = next.time - expected > JUMP_MS;
    if (jumped && this.#ignoredUntil === -Infinity) this.#ignoredUntil = next.at + SETTLE_MS;
    if (jumped && next.at < this.#ignoredUntil) return this.#last.time;
    this.#ignoredUntil = -Infinity;
    this.#last = next;
    return next.time;
  };

  #reading(): Reading {
    const { arrived, elapsed = () => performance.now() } = this.#options;
    const wall = this.#wall();
    return { time: this.#ahead === 0 ? Math.max(wall, arrived()) : wall + this.#ahead, at: elapsed() };
  }

  /**
   * Compares the clocks, and logs when the difference changes.
   * @throws if the database does not answer
   */
  async compare(): Promise<void> {
    const { store, log } = this.#options;
    const asked = this.#wall();
    const time = await store.time!();
    const answered = this.#wall();
    const tolerance = TOLERANCE_MS + Math.abs(answered - asked);
    const difference = time - (asked + answered) / 2;
    const ahead = Math.abs(difference) < tolerance ? 0 : Math.round(difference);
    const changed = Math.abs(ahead - this.#ahead) >= TOLERANCE_MS;
    this.#ahead = ahead;
    if (!changed) return;
    if (ahead === 0) return log.info('clock matches the database again');
    const off = `${formatDuration(Math.round(Math.abs(ahead) / SECOND) * SECOND)} ${ahead < 0 ? 'ahead of' : 'behind'}`;
    log.error(
      `clock of this machine is ${off} the database's: alert rules use the database's time, but messages that arrive here are dated by this clock; set this clock`,
    );
  }

  #wall(): number {
    return this.#trusted.read((this.#options.wall ?? Date.now)());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#poller?.[Symbol.asyncDispose]();
  }
}

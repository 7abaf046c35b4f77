import type { Clock } from '../../base/clock.ts';
import { type ClockDoubt, HOLD_MS, TrustedClock } from '../../base/machine/trusted-clock.ts';
import { DAY, formatDuration } from '../../base/units.ts';

export type ArrivalClockOptions = {
  /** Called when the wall clock jumped so far forward that it is not followed. */
  readonly onDoubt?: (doubt: ClockDoubt) => void;
  readonly steady?: Clock;
};

/**
 * The clock that gives messages their time of arrival. It never steps back: it follows the wall
 * clock forward, and after the wall clock was set back it runs at half speed until the wall clock
 * has caught up. A jump of more than a day is followed only once it has lasted for hours: a clock
 * that is wrong for seconds must not leave all later messages in the future. A smaller one is
 * followed at once, since messages that arrive seemingly late are missed by searches.
 */
export class ArrivalClock {
  readonly #trusted: TrustedClock;
  #value: number;
  #wall: number;

  /** @param start no arrival will be earlier, ms @param wall the wall clock now, ms */
  constructor(start: number, wall: number, options: ArrivalClockOptions = {}) {
    this.#value = start;
    this.#wall = wall;
    this.#trusted = new TrustedClock({ wall, tolerance: DAY, ...options });
  }

  /** The time of arrival when the wall clock shows `shown`, in whole ms. */
  read(shown: number): number {
    const wall = this.#trusted.read(shown);
    if (wall >= this.#value) this.#value = wall;
    else if (wall > this.#wall) this.#value += (wall - this.#wall) / 2;
    this.#wall = wall;
    return Math.floor(this.#value);
  }

  /** The last time that `read` returned, or the start. */
  get last(): number {
    return Math.floor(this.#value);
  }
}

/** A log line about a wall clock that is not followed. */
export function jumpText({ wall, believed }: ClockDoubt): string {
  const [shown, expected] = [wall, believed].map((at) => new Date(at).toISOString());
  const rule = `messages get times of arrival that go on from ${expected} until it has run evenly for ${formatDuration(HOLD_MS)}`;
  const remedy = 'correct the clock of this machine, or, if it is right now, restart the server';
  return `the wall clock jumped to ${shown}, and by the steady clock it is ${expected}: ${rule}; ${remedy}`;
}

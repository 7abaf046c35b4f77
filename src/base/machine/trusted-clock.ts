import { uptime } from 'node:os';
import type { Clock } from '../clock.ts';
import { HOUR, MINUTE, SECOND } from '../units.ts';

/** How long a wall clock that jumped must agree with the steady clock before it is believed, ms. */
export const HOLD_MS = 3 * HOUR;

/**
 * ms since the machine started, also while it slept. Unlike `performance.now()`, it is read from the kernel, so that
 * nothing which changes the clocks of this process changes it.
 */
export const steadyClock: Clock = () => uptime() * SECOND;

/** A wall clock that is not believed, and the time that is assumed instead, ms. */
export type ClockDoubt = { readonly wall: number; readonly believed: number };

export type TrustedClockOptions = {
  /** What the wall clock shows now, ms. */
  readonly wall: number;
  /** The last time that is known to be right, ms; default `wall`. */
  readonly believed?: number;
  /** A jump forward of at most this is believed at once, ms. */
  readonly tolerance: number;
  readonly steady?: Clock;
  /** Called once for each jump that is not believed. */
  readonly onDoubt?: (doubt: ClockDoubt) => void;
};

/**
 * The wall clock, except that it does not follow a jump far forward until the wall clock has agreed with the steady clock
 * for hours. Meanwhile it goes on from the last believed time. It follows the wall clock back at once.
 */
export class TrustedClock {
  readonly #tolerance: number;
  readonly #steady: Clock;
  readonly #onDoubt: (doubt: ClockDoubt) => void;
  /** A believed wall time, and the steady time then. */
  #wall: number;
  #steadyThen: number;
  /** The difference of wall and steady clock since the jump, and the steady time of the jump. */
  #jump: { readonly offset: number; readonly since: number } | undefined;

  constructor({ wall, believed = wall, tolerance, steady = steadyClock, onDoubt = () => {} }: TrustedClockOptions) {
    this.#tolerance = tolerance;
    this.#steady = steady;
    this.#onDoubt = onDoubt;
    this.#wall = believed;
    this.#steadyThen = steady();
  }

  /** The time to believe when the wall clock shows `wall`, ms. */
  read(wall: number): number {
    // The steady clock costs a system call; within a minute, no jump is worth one.
    if (!this.#jump && wall >= this.#wall && wall - this.#wall < MINUTE) return wall;
    const steady = this.#steady();
    const believed = this.#wall + steady - this.#steadyThen;
    if (wall - believed <= this.#tolerance || this.#hasAgreed(wall - steady, steady)) {
      this.#wall = wall;
      this.#steadyThen = steady;
      this.#jump = undefined;
      return wall;
    }
    if (!this.#jump) {
      this.#jump = { offset: wall - steady, since: steady };
      this.#onDoubt({ wall, believed });
    }
    return believed;
  }

  /** Whether the wall clock has run like the steady clock for long enough since its jump. */
  #hasAgreed(offset: number, steady: number): boolean {
    if (!this.#jump) return false;
    if (Math.abs(offset - this.#jump.offset) <= MINUTE) return steady - this.#jump.since >= HOLD_MS;
    this.#jump = undefined;
    return false;
  }
}

import { type Clock, wallClock } from '../base/clock.ts';
import { type ClockDoubt, HOLD_MS, TrustedClock } from '../base/machine/trusted-clock.ts';
import { formatDuration, HOUR, MINUTE } from '../base/units.ts';
import type { StoreWriter } from '../store/contract.ts';

/** The namespace of the store's state with the last time that each node believed, ms. */
const KEEP_CLOCK = 'keep-clock';
/** How far the wall clock may be ahead of what the steady clock, or the last run, tells, ms. */
const TOLERANCE_MS = HOUR;
/** How often the time is saved for the next run, ms. */
const SAVE_MS = 10 * MINUTE;

export type KeepClockParts = {
  readonly store: Pick<StoreWriter, 'latest' | 'state'>;
  readonly node: number;
  readonly onDoubt: (doubt: ClockDoubt) => void;
  readonly wall?: Clock;
  readonly steady?: Clock;
};

/**
 * The clock that decides what is past its `keep`: a wall clock that is wrong for seconds must not delete everything. At
 * the start it is compared with the time that the last run believed, or with the last arrival.
 */
export class KeepClock {
  readonly #parts: KeepClockParts;
  readonly #wall: Clock;
  readonly #clock: TrustedClock;
  #savedAt = -Infinity;

  private constructor(parts: KeepClockParts, earlier: number) {
    const { steady, onDoubt, wall: clock = wallClock } = parts;
    this.#parts = parts;
    this.#wall = clock;
    const wall = clock();
    const believed = earlier > 0 && earlier < wall - TOLERANCE_MS ? earlier : wall;
    this.#clock = new TrustedClock({ wall, believed, tolerance: TOLERANCE_MS, onDoubt, ...(steady && { steady }) });
  }

  /** Open it before anything is stored: what arrives under a wrong clock proves nothing. */
  static async open(parts: KeepClockParts): Promise<KeepClock> {
    const saved = (await parts.store.state(KEEP_CLOCK).get(String(parts.node)))?.value as number | undefined;
    return new KeepClock(parts, saved ?? (await parts.store.latest()));
  }

  /** The time to expire by, ms. */
  now(): number {
    return this.#clock.read(this.#wall());
  }

  /** Saves the time for the next run, now and then. */
  async save(): Promise<void> {
    const now = this.now();
    if (Math.abs(now - this.#savedAt) < SAVE_MS) return;
    this.#savedAt = now;
    const state = this.#parts.store.state(KEEP_CLOCK);
    const key = String(this.#parts.node);
    await state.put(key, now, (await state.get(key))?.revision ?? 0);
  }
}

/** A log line about a wall clock that retention does not believe yet. */
export function doubtText({ wall, believed }: ClockDoubt): string {
  const [shown, expected] = [wall, believed].map((at) => new Date(at).toISOString());
  const why = `the wall clock shows ${shown}, and by the steady clock and the last run it is ${expected}`;
  const effect = `messages are deleted by age as of ${expected} until the clock has run evenly for ${formatDuration(HOLD_MS)}`;
  return `${why}: ${effect}; correct the clock of this machine if it is wrong`;
}

import { DAY, HOUR, MINUTE } from '../base/units.ts';

const DAY_HOURS = 24;
const WEEK_HOURS = 168;
const WEEK = WEEK_HOURS * HOUR;
/** Monday 00:00 UTC, ms. */
const A_MONDAY = 4 * DAY;
/** Codes for each doubling of minutes: 8 % apart, and a year fits into a byte. */
const STEPS = 9;
/** Silence is at least this much longer than usual, ms. */
const LEAST = 5 * MINUTE;
/** However long the usual gap is, at most this much is waited beyond it, ms. */
const MOST = 6 * HOUR;

/**
 * How long a sender is usually silent: for each hour of the week (UTC) the longest gap that began
 * in it, so that neither a nightly job raises an alarm at noon nor an office on Sunday. One byte
 * for each hour, on a logarithmic scale.
 */
export class Rhythm {
  /** Absent while nothing is known: most forged names never send again. */
  #codes: Uint8Array | undefined;
  /** The hour being learned from, counted since 1970, and its longest gap so far. */
  #hour = 0;
  #longest = 0;

  constructor(stored = '') {
    const bytes = Buffer.from(stored, 'base64');
    if (bytes.length === WEEK_HOURS) this.#codes = new Uint8Array(bytes);
  }

  /**
   * Learns a gap between two messages, ms. Long gaps are forgotten slowly: each week in which an
   * hour has no gap as long takes one step off.
   */
  learn(from: number, to: number): void {
    this.#codes ??= new Uint8Array(WEEK_HOURS);
    const hour = Math.floor(from / HOUR);
    if (hour !== this.#hour) {
      const slot = slotOf(this.#hour * HOUR);
      const known = this.#codes[slot]!;
      if (this.#longest > 0 && this.#longest < known) this.#codes[slot] = known - 1;
      this.#hour = hour;
      this.#longest = 0;
    }
    this.#longest = Math.max(this.#longest, codeOf(to - from));
    const slot = slotOf(from);
    this.#codes[slot] = Math.max(this.#codes[slot]!, this.#longest);
  }

  /**
   * The longest usual gap after a message at `from`, ms; undefined if nothing is known. The
   * following hour counts too, since a gap may begin a little later. For a sender first seen less
   * than a week before, the same hour of other days counts too, because its week is not known yet.
   */
  usual(from: number, first = -Infinity): number | undefined {
    const codes = this.#codes;
    if (!codes) return undefined;
    const slot = slotOf(from);
    const own = codes[slot]!;
    const hours = own > 0 ? [slot, slot + 1] : [slot];
    if (own > 0 && from - first >= WEEK) return gapOf(this.#longestOf(hours));
    const days = Array.from({ length: 7 }, (_, day) => hours.map((hour) => hour + day * DAY_HOURS)).flat();
    const code = this.#longestOf(days) || Math.max(...codes);
    return code > 0 ? gapOf(code) : undefined;
  }

  #longestOf(slots: readonly number[]): number {
    return Math.max(...slots.map((slot) => this.#codes![slot % WEEK_HOURS]!));
  }

  /**
   * When silence after a message at `from` becomes worth reporting, ms; undefined if nothing is
   * known.
   */
  allowedUntil(from: number, first?: number): number | undefined {
    const usual = this.usual(from, first);
    return usual === undefined ? undefined : from + usual + Math.max(LEAST, Math.min(MOST, 2 * usual));
  }

  /** The text that the constructor takes; empty if nothing is known. */
  stored(): string {
    return this.#codes ? Buffer.from(this.#codes).toString('base64') : '';
  }
}

function slotOf(at: number): number {
  return Math.floor((at - A_MONDAY) / HOUR) % WEEK_HOURS;
}

function codeOf(gap: number): number {
  return Math.min(255, 1 + Math.ceil(STEPS * Math.log2(1 + gap / MINUTE)));
}

function gapOf(code: number): number {
  return (2 ** ((code - 1) / STEPS) - 1) * MINUTE;
}

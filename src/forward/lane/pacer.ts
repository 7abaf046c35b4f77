import type { ForwardSettings } from '../registry.ts';

/** Timers are no more exact than this, ms: what it brings is always allowed at once, else a rate would not be reached. */
const TIMER_MS = 20;

/** Tokens that flow in at a rate, up to a most. Time is monotonic, ms. */
class Bucket {
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, most: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#most = Math.max(most, this.#perMs * TIMER_MS);
    this.#tokens = this.#most;
    this.#at = now;
  }

  /** How long until `amount` can be taken, ms; an amount above the most waits until the bucket is full. */
  wait(amount: number, now: number): number {
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    const missing = Math.min(amount, this.#most) - this.#tokens;
    return missing <= 0 ? 0 : missing / this.#perMs;
  }

  take(amount: number): void {
    this.#tokens -= amount;
  }
}

/** Says when the next line may be sent, so that `rate` and `bytes_per_second` are kept; it drops nothing. */
export class Pacer {
  readonly #messages: Bucket | undefined;
  readonly #bytes: Bucket | undefined;

  constructor({ rate, bytes_per_second: bytes }: Pick<ForwardSettings, 'rate' | 'bytes_per_second'>, now: number) {
    this.#messages = rate && new Bucket(rate.per_second, rate.burst, now);
    this.#bytes = bytes === undefined ? undefined : new Bucket(bytes, bytes, now);
  }

  get isFree(): boolean {
    return !this.#messages && !this.#bytes;
  }

  /** Takes a line, or says how long it must wait, ms. @returns 0 if it was taken */
  take(bytes: number, now: number): number {
    const wait = Math.max(this.#messages?.wait(1, now) ?? 0, this.#bytes?.wait(bytes, now) ?? 0);
    if (wait > 0) return wait;
    this.#messages?.take(1);
    this.#bytes?.take(bytes);
    return 0;
  }
}

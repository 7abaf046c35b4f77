import { RecentMap } from '../../base/recent-map.ts';
import { SECOND, MINUTE } from '../../base/units.ts';
import type { Rate } from '../contract.ts';

/** Approximate number of addresses tracked. An evicted address starts again with a full bucket. */
const MAX_ADDRESSES = 20_000;

/** Tokens that one address has left, one a message; below zero, the address has sent ahead and has to wait. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #waiting = new Set<() => void>();
  #tokens: number;
  /** When `#tokens` was last updated, ms of the monotonic clock. */
  #at: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(rate: Rate, now = performance.now()) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes one token a message, even if too few are left: what was read cannot be sent back. */
  take(messages: number, now = performance.now()): void {
    this.#fill(now);
    this.#tokens -= messages;
  }

  /** Takes a token if one is left. @returns whether it did */
  tryTake(now = performance.now()): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Whether the address has to wait. */
  isEmpty(now = performance.now()): boolean {
    this.#fill(now);
    return this.#tokens < 0;
  }

  /**
   * Calls `wake` once, when there are tokens again. Waiters are woken one at a time, because each may take all tokens.
   * Waiting twice with the same function counts once.
   */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
    this.#timer ??= setTimeout(this.#onTime, this.#msToWait());
  }

  /** Cancels a `wait`. */
  cancel(wake: () => void): void {
    this.#waiting.delete(wake);
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    const [first] = this.#waiting;
    if (!first) return;
    if (!this.isEmpty()) {
      this.#waiting.delete(first);
      first();
    }
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(this.#onTime, this.#msToWait());
  };

  #msToWait(): number {
    const untilZero = Math.ceil((-this.#tokens / this.#rate.per_second) * SECOND);
    return Math.min(MINUTE, Math.max(1, untilZero));
  }

  #fill(now: number): void {
    const { per_second, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / SECOND) * per_second);
    this.#at = now;
  }
}

/** The bucket of each address that sent recently. */
export class TokenBuckets {
  readonly #buckets: RecentMap<TokenBucket>;
  /** The last answer: messages of one address mostly come in runs. */
  #last = '';
  #lastBucket: TokenBucket | undefined;

  constructor(rate: Rate, limit = MAX_ADDRESSES) {
    this.#buckets = new RecentMap(limit, () => new TokenBucket(rate));
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** The bucket of an address; a full one if the address is new or was evicted. */
  of(address: string): TokenBucket {
    if (this.#lastBucket && address === this.#last) return this.#lastBucket;
    this.#last = address;
    this.#lastBucket = this.#buckets.get(address);
    return this.#lastBucket;
  }
}

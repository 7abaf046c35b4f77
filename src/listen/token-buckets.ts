/** Addresses that are remembered, about; who is forgotten begins with a full bucket. */
const LIMIT = 20_000;

/** How much one address may send: messages a second, and at once after a silence. */
export type Rate = { readonly per_second: number; readonly burst: number };

/** What one address may still send; less than nothing where it has sent ahead and has to wait. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #waiting = new Set<() => void>();
  #tokens: number;
  /** When the tokens were counted last, ms of the steady clock. */
  #at: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(rate: Rate, now = performance.now()) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes tokens for so many messages, also those that are not there: what was read cannot be sent back. */
  take(messages: number, now = performance.now()): void {
    this.#fill(now);
    this.#tokens -= messages;
  }

  /** Takes a token where there is one. */
  tryTake(now = performance.now()): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Whether its address has to wait. */
  isEmpty(now = performance.now()): boolean {
    this.#fill(now);
    return this.#tokens < 0;
  }

  /**
   * Calls `wake` once, when there are tokens again: of several that wait, one at a time, since each may take all.
   * Asking twice with the same function is asking once.
   */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
    this.#timer ??= setTimeout(this.#onTime, this.#msToWait());
  }

  forget(wake: () => void): void {
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
    return Math.min(60_000, Math.max(1, Math.ceil((-this.#tokens / this.#rate.per_second) * 1000)));
  }

  #fill(now: number): void {
    const { per_second, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * per_second);
    this.#at = now;
  }
}

/** The bucket of each address that sent of late; as `PeerSessions`, two generations stand for an order of use. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #half: number;
  #young = new Map<string, TokenBucket>();
  #old = new Map<string, TokenBucket>();
  /** The address that was asked for last: most come in runs. */
  #last = '';
  #lastBucket: TokenBucket | undefined;

  constructor(rate: Rate, limit = LIMIT) {
    this.#rate = rate;
    this.#half = Math.ceil(limit / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  of(address: string): TokenBucket {
    if (this.#lastBucket && address === this.#last) return this.#lastBucket;
    this.#last = address;
    this.#lastBucket = this.#find(address);
    return this.#lastBucket;
  }

  #find(address: string): TokenBucket {
    const known = this.#young.get(address);
    if (known) return known;
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    const bucket = this.#old.get(address) ?? new TokenBucket(this.#rate);
    this.#old.delete(address);
    this.#young.set(address, bucket);
    return bucket;
  }
}

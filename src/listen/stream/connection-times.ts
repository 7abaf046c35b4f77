/** How much the ages of connections differ, so that those of one moment do not all end at another. */
const JITTER = 0.1;

/** Time limits of a connection, ms; undefined means no limit. */
export type TimeLimits = {
  readonly halfFrame: number | undefined;
  readonly firstByte: number | undefined;
  readonly idle: number | undefined;
  /** From the beginning, on average: each connection has its own, up to a tenth more or less. */
  readonly age: number | undefined;
};

export type TimeoutReason = `connections.closed.${'half_frame' | 'first_byte' | 'idle' | 'max_age'}`;

/** The times of one connection that its limits apply to, on the monotonic clock, ms. */
export class ConnectionTimes {
  /** When the connection last sent something; 0 if it never has. */
  lastReceived = 0;
  /** When its unfinished frame began; 0 if there is none. */
  frameBegan = 0;
  readonly #limits: TimeLimits;
  readonly #opened = performance.now();
  readonly #age: number | undefined;

  constructor(limits: TimeLimits) {
    this.#limits = limits;
    this.#age = limits.age && limits.age * (1 - JITTER + 2 * JITTER * Math.random());
  }

  /** The limit that has passed, if any. */
  expired(now: number): TimeoutReason | undefined {
    const { halfFrame, firstByte, idle } = this.#limits;
    if (hasPassed(this.frameBegan, halfFrame, now)) return 'connections.closed.half_frame';
    if (this.lastReceived === 0 && hasPassed(this.#opened, firstByte, now)) return 'connections.closed.first_byte';
    if (hasPassed(this.lastReceived, idle, now)) return 'connections.closed.idle';
    return hasPassed(this.#opened, this.#age, now) ? 'connections.closed.max_age' : undefined;
  }

  /** Restarts the running times after a pause in reading, which does not count against the sender. */
  restart(): void {
    const now = performance.now();
    if (this.frameBegan > 0) this.frameBegan = now;
    if (this.lastReceived > 0) this.lastReceived = now;
  }
}

function hasPassed(since: number, limit: number | undefined, now: number): boolean {
  return limit !== undefined && since > 0 && now - since >= limit;
}

import type { Clock } from '../base/clock.ts';
import type { StoreState } from '../store/contract.ts';

/** Who judges keeps the right to for this long, ms: where it dies, another takes over. */
export const LEASE_MS = 20_000;
/** It is asked for anew after this, ms: often enough for one refusal of the store to cost nothing. */
const RENEW_MS = 5000;
const LEASE = 'evaluator';

/** The right to judge and to send, which one process at a time has; by the store's clock, whatever ours says. */
export class Lease {
  readonly #state: StoreState;
  readonly #holder: string;
  readonly #elapsed: Clock;
  /** When we last asked and were told yes; what has passed since is measured by a clock that nobody sets. */
  #askedAt = -Infinity;
  /** Counts the times that it became ours: what was remembered before the last one may be out of date. */
  term = 0;

  /** @param holder names this process among all that have the store open. @param elapsed ms that pass, from any beginning */
  constructor(state: StoreState, holder: string, elapsed: Clock = () => performance.now()) {
    this.#state = state;
    this.#holder = holder;
    this.#elapsed = elapsed;
  }

  /**
   * Whether we may go on, to be asked before each step: who was stopped for longer than the lease finds out here.
   * What is written all the same is a compare-and-set, and fails where another was there in between.
   */
  async holds(): Promise<boolean> {
    const at = this.#elapsed();
    if (at - this.#askedAt < RENEW_MS) return true;
    const held = await this.#state.lease(LEASE, this.#holder, LEASE_MS);
    if (held && at - this.#askedAt >= LEASE_MS) this.term++;
    this.#askedAt = held ? at : -Infinity;
    return held;
  }

  /** Lets another begin at once. */
  async end(): Promise<void> {
    if (this.#askedAt === -Infinity) return;
    this.#askedAt = -Infinity;
    await this.#state.lease(LEASE, this.#holder, 0);
  }
}

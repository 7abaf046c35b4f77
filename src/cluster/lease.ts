import type { Clock } from '../base/clock.ts';
import { SECOND } from '../base/units.ts';
import type { StoreState } from '../store/contract.ts';

/** A holder that dies keeps the lease for this long at most, ms; then another process takes over. */
export const LEASE_MS = 20 * SECOND;
/** Pause between two renewals, ms: short enough that one failed write does not lose the lease. */
const RENEW_MS = 5 * SECOND;
/** The key of the lease of alerts; other versions use it, too. */
const EVALUATOR = 'evaluator';

/**
 * A right that one process at a time has, by the clock of the store: to judge rules and send
 * notices, or to forward to a destination.
 */
export class Lease {
  readonly #state: StoreState;
  readonly #holder: string;
  readonly #elapsed: Clock;
  readonly #key: string;
  /** When the renewal that succeeded last was sent, by the monotonic clock, ms. */
  #renewedAt = -Infinity;
  /**
   * Grows each time this process takes the lease again: what it remembers of an earlier term may be
   * out of date.
   */
  term = 0;

  /**
   * @param holder a name no other process with this store open has
   * @param elapsed a monotonic clock, ms
   * @param key which right it is
   */
  constructor(state: StoreState, holder: string, elapsed: Clock = () => performance.now(), key = EVALUATOR) {
    this.#key = key;
    this.#state = state;
    this.#holder = holder;
    this.#elapsed = elapsed;
  }

  /**
   * Whether this process has the lease; renews it if it is due. Call it before each step: a process
   * that was stopped for longer than the lease notices here. A step that was under way meanwhile
   * writes nothing, because each write is a compare-and-set.
   */
  async holds(): Promise<boolean> {
    const at = this.#elapsed();
    if (at - this.#renewedAt < RENEW_MS) return true;
    const granted = await this.#state.lease(this.#key, this.#holder, LEASE_MS);
    if (granted && at - this.#renewedAt >= LEASE_MS) this.term++;
    this.#renewedAt = granted ? at : -Infinity;
    return granted;
  }

  /** Lets another process take over at once. */
  async release(): Promise<void> {
    if (this.#renewedAt === -Infinity) return;
    this.#renewedAt = -Infinity;
    await this.#state.lease(this.#key, this.#holder, 0);
  }
}

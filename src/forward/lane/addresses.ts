import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../base/errors.ts';
import { formatHostPort } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { OpenOutlet, Outlet } from '../contract.ts';
import type { ForwardSettings } from '../registry.ts';
import type { ForwardTimes, ForwardWorld } from '../world.ts';

/** Longest time that a probe may take, ms. */
const PROBE_LIMIT_MS = 10 * SECOND;
/**
 * Hundreds of servers lose their receiver at the same moment. Over so long, ms, they come back: then no second sees a
 * tenth of them.
 */
const SPREAD_MS = 20 * SECOND;
/** The longest wait between two rounds of attempts, ms; the shortest one is a third of it. */
const LAST_RETRY_MS = 30 * SECOND;

/** The wait after a connection ended (0) or after so many rounds of attempts, ms. @param random from 0 to below 1 */
export function retryWait(
  rounds: number,
  { firstRetry = SPREAD_MS, lastRetry = LAST_RETRY_MS }: Partial<ForwardTimes> = {},
  random: () => number = Math.random,
): number {
  // A server that is restarted is back by then.
  return rounds === 0 ? (0.15 + random()) * firstRetry : (lastRetry * (1 + 2 * random())) / 3;
}

/** An open connection, its address, and the place of that in the order. */
export type Connected = { readonly outlet: Outlet; readonly to: string; readonly place: number };

/** Connects to the first address that can be reached, and finds out when an earlier one can be again. */
export class Addresses {
  readonly #settings: ForwardSettings;
  readonly #world: ForwardWorld;
  readonly #open: OpenOutlet<ForwardSettings>;
  readonly #order: readonly HostPort[];
  #rounds = 0;

  /** @param order the addresses, the preferred one first */
  constructor(
    settings: ForwardSettings,
    parts: { world: ForwardWorld; open: OpenOutlet<ForwardSettings>; order: readonly HostPort[] },
  ) {
    this.#settings = settings;
    this.#world = parts.world;
    this.#open = parts.open;
    this.#order = parts.order;
  }

  /**
   * Tries one address after the other; waits after each round in which none answered.
   * @param onFailure is called for each address that failed
   */
  async connect(signal: AbortSignal, onFailure: (error: unknown) => void): Promise<Connected> {
    for (;;) {
      for (const [place, to] of this.#order.entries()) {
        signal.throwIfAborted();
        try {
          const outlet = await this.#open(this.#settings, { to, version: this.#world.version, signal });
          return { outlet, to: formatHostPort(to), place };
        } catch (error) {
          if (signal.aborted) throw error;
          onFailure(error);
        }
      }
      await this.pause(signal);
    }
  }

  /** Waits before the next round of attempts, at random, so that many servers that lost a receiver do not return at once. */
  async pause(signal: AbortSignal): Promise<void> {
    await sleep(retryWait(this.#rounds++, this.#world.times), undefined, { signal });
  }

  /** The connection works: the next wait is a first one again. */
  worked(): void {
    this.#rounds = 0;
  }

  /** Resolves once an address before `place` could be reached for a while; never for the first one. */
  async preferred(place: number, signal: AbortSignal): Promise<void> {
    const { back = MINUTE, probe = 10 * SECOND } = this.#world.times ?? {};
    let since: number | undefined;
    while (place > 0) {
      // At random, too: all of them wait for the same address.
      await sleep(probe * (0.5 + Math.random()), undefined, { signal });
      const isThere = await this.#reaches(this.#order.slice(0, place), signal);
      const now = performance.now();
      since = isThere ? (since ?? now) : undefined;
      if (since !== undefined && now - since >= back) return;
    }
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }

  async #reaches(addresses: readonly HostPort[], signal: AbortSignal): Promise<boolean> {
    for (const to of addresses) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_LIMIT_MS)]);
      try {
        const outlet = await this.#open(this.#settings, { to, version: this.#world.version, signal: limited });
        await outlet[Symbol.asyncDispose]();
        return true;
      } catch (error) {
        if (signal.aborted) throw error;
        this.#world.log.debug(`a preferred address is still away: ${reasonOf(error)}`);
      }
    }
    return false;
  }
}

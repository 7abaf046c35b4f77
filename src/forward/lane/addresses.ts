import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../base/errors.ts';
import { formatHostPort } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { OpenOutlet, Outlet } from '../contract.ts';
import type { ForwardSettings } from '../registry.ts';
import type { ForwardWorld } from '../world.ts';

/** Longest time that a probe may take, ms. */
const PROBE_LIMIT_MS = 10 * SECOND;

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
   * Tries one address after the other; waits after each round in which none answered, longer each
   * time, and at random, so that many servers that lost a receiver do not all return at once.
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

  /** Waits before the next round of attempts: full jitter, doubled each time. */
  async pause(signal: AbortSignal): Promise<void> {
    const { firstRetry = SECOND, lastRetry = MINUTE } = this.#world.times ?? {};
    const longest = Math.min(lastRetry, firstRetry * 2 ** Math.min(this.#rounds++, 20));
    await sleep(Math.random() * longest, undefined, { signal });
  }

  /** The connection works: the next wait is short again. */
  worked(): void {
    this.#rounds = 0;
  }

  /** Resolves once an address before `place` could be reached for a while; never for the first one. */
  async preferred(place: number, signal: AbortSignal): Promise<void> {
    const { back = MINUTE, probe = 10 * SECOND } = this.#world.times ?? {};
    let since: number | undefined;
    while (place > 0) {
      await sleep(probe, undefined, { signal });
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

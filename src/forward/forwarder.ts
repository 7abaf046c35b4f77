import { reasonOf } from '../base/errors.ts';
import { DAY, HOUR } from '../base/units.ts';
import { Poller } from '../base/poller.ts';
import { type ForwardState, FORWARD } from './contract.ts';
import { Forward } from './forward.ts';
import type { ForwardSettings } from './registry.ts';
import type { ForwardWorld } from './world.ts';

/** The cursor of a name that is no longer configured is kept for so long, ms. */
const KEEP_REMOVED_MS = 30 * DAY;

/** Serves all entries of `forward:`, each on its own: one that is stuck delays no other. */
export class Forwarder implements AsyncDisposable {
  readonly #world: ForwardWorld;
  readonly #forwards = new Map<string, Forward>();
  readonly #sweeper: Poller;
  #changing: Promise<void> = Promise.resolve();

  constructor(settings: readonly ForwardSettings[], world: ForwardWorld) {
    this.#world = world;
    for (const one of settings) this.#forwards.set(one.name, new Forward(one, world));
    this.#sweeper = new Poller({
      work: () => this.#markRemoved(),
      everyMs: HOUR,
      immediately: true,
      onFailure: (reason) => world.log.debug(`cannot look for removed destinations: ${reason}`),
    });
  }

  /** Goes on with other settings: an entry that is the same is not touched. */
  reload(settings: readonly ForwardSettings[]): Promise<void> {
    this.#changing = this.#changing.then(async () => {
      const texts = new Map(settings.map((one) => [one.name, JSON.stringify(one)]));
      for (const [name, forward] of this.#forwards) {
        if (texts.get(name) === JSON.stringify(forward.settings)) continue;
        await forward[Symbol.asyncDispose]();
        this.#forwards.delete(name);
      }
      for (const one of settings) {
        if (!this.#forwards.has(one.name)) this.#forwards.set(one.name, new Forward(one, this.#world));
      }
      this.#sweeper.wake();
    });
    return this.#changing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changing;
    await this.#sweeper[Symbol.asyncDispose]();
    await Promise.all(Array.from(this.#forwards.values(), (one) => one[Symbol.asyncDispose]()));
  }

  /** Notes which names left the configuration, and forgets those that did so long ago. */
  async #markRemoved(): Promise<void> {
    const { store, now, log } = this.#world;
    const state = store.state(FORWARD);
    for (const { key, value, revision } of await state.scan('')) {
      const name = /^[a-z][a-z0-9_-]*(?=$|\/[^/]*\.\d+$)/.exec(key)?.[0];
      if (name === undefined || this.#forwards.has(name)) continue;
      const known = value as ForwardState;
      const { removedAt } = known.status;
      const isOver = removedAt !== undefined && now() - removedAt > KEEP_REMOVED_MS;
      if (removedAt !== undefined && !isOver) continue;
      const { connected: _, ...status } = known.status;
      try {
        await state.put(key, isOver ? undefined : { ...known, status: { ...status, removedAt: now() } }, revision);
      } catch (error) {
        log.debug(`cannot note that ${name} was removed: ${reasonOf(error)}`);
      }
    }
  }
}

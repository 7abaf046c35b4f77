import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import { backoff } from '../base/retry.ts';
import { SECOND } from '../base/units.ts';
import { Lease } from '../cluster/index.ts';
import { parseQuery } from '../query/index.ts';
import type { Filter } from '../model/filter.ts';
import { beginOf } from './begin.ts';
import { type ForwardStatus, FORWARD } from './contract.ts';
import { forwardCounter } from './counters.ts';
import { Lane } from './lane/lane.ts';
import { Position, PositionTaken } from './lane/position.ts';
import { FORWARDS, type ForwardSettings } from './registry.ts';
import { applySkip, isSkipAsked } from './skip.ts';
import { type Share, sharesOf } from './spread.ts';
import type { ForwardWorld } from './world.ts';

/** How often gauges are set and requests are looked for, ms. */
const TICK_MS = SECOND;
/** How long this process may send without having asked for the lease again, ms; it lasts 20 s. */
const HELD_MS = 12 * SECOND;

/** Serves one entry of `forward:` until disposed of: in this process, or once no other process does. */
export class Forward implements AsyncDisposable {
  readonly settings: ForwardSettings;
  readonly #world: ForwardWorld;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  #lanes: Lane[] = [];
  #heldAt = -Infinity;

  constructor(settings: ForwardSettings, world: ForwardWorld) {
    this.settings = settings;
    this.#world = world;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#running;
    this.#setGauges();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    const { log } = this.#world;
    let failures = 0;
    while (!signal.aborted) {
      const lease = this.#world.isShared ? this.#lease() : undefined;
      try {
        await this.#term(lease, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        const isTaken = error instanceof PositionTaken;
        if (failures++ === 0) log.warn({ forward: this.settings.name }, `${reasonOf(error)}; trying again`);
        const waitMs = isTaken ? SECOND : backoff(failures, SECOND, 30 * SECOND);
        await sleep(waitMs, undefined, { signal }).catch(() => {});
      } finally {
        this.#lanes = [];
        this.#setGauges();
      }
      await lease?.release().catch((error: unknown) => log.debug(`cannot release a lease: ${reasonOf(error)}`));
    }
  }

  #lease(): Lease {
    const { store, node } = this.#world;
    return new Lease(store.state(FORWARD), `node-${node}`, undefined, `lease/${this.settings.name}`);
  }

  /** Forwards as long as this process has the lease. @throws what the store fails with */
  async #term(lease: Lease | undefined, signal: AbortSignal): Promise<void> {
    while (lease && !(await lease.holds())) {
      await sleep(5 * SECOND, undefined, { signal });
    }
    this.#heldAt = performance.now();
    const over = new AbortController();
    const all = AbortSignal.any([signal, over.signal]);
    this.#lanes = await this.#openLanes(all);
    const watching = this.#watch(lease, over, all);
    const runs = this.#lanes.map((lane) => lane.run(all));
    try {
      await Promise.all(runs);
    } finally {
      over.abort();
      await Promise.allSettled(runs);
      await watching;
    }
  }

  async #openLanes(signal: AbortSignal): Promise<Lane[]> {
    const { name, query, kind } = this.settings;
    const world = this.#world;
    const filter: Filter = query === undefined ? { kind: 'all' } : parseQuery(query, { now: world.now() });
    const open = await FORWARDS.find((one) => one.name === kind)!.load();
    const state = world.store.state(FORWARD);
    const lanes: Lane[] = [];
    const shares = sharesOf(this.settings);
    for (const { key, suffix, order, isOurs } of shares) {
      const position = await Position.load(state, key, () => beginOf(this.settings, state, world));
      const lane = new Lane(this.settings, {
        world,
        open: open as never,
        filter,
        position,
        order,
        suffix,
        isOurs,
        isHeld: () => !world.isShared || performance.now() - this.#heldAt < HELD_MS,
        count: (what) => forwardCounter(world.counters, name, what),
      });
      lanes.push(lane);
    }
    await applySkip(this.settings, lanes, world, signal);
    for (const lane of lanes) await lane.position.save(lane.status);
    await this.#forgetOthers(shares);
    return lanes;
  }

  /** Cursors of other shares of this name have been taken into account. */
  async #forgetOthers(shares: readonly Share[]): Promise<void> {
    const { name } = this.settings;
    const state = this.#world.store.state(FORWARD);
    for (const { key, revision } of await state.scan(name)) {
      const isOther = (key === name || key.startsWith(`${name}/`)) && !shares.some((share) => share.key === key);
      if (isOther) await state.put(key, undefined, revision);
    }
  }

  /** Renews the lease, sets the gauges, and does what people have asked for; ends the term by `over`. */
  async #watch(lease: Lease | undefined, over: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(TICK_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#setGauges();
      try {
        if (lease && !(await lease.holds())) over.abort();
        else this.#heldAt = performance.now();
        if (await isSkipAsked(this.#world.store.state(FORWARD), this.settings.name)) over.abort();
      } catch (error) {
        this.#world.log.debug(`cannot look for requests: ${reasonOf(error)}`);
      }
    }
  }

  #setGauges(): void {
    const { counters, now } = this.#world;
    const all: readonly ForwardStatus[] = this.#lanes.map((lane) => lane.status);
    const set = (what: Parameters<typeof forwardCounter>[2], value: number) =>
      forwardCounter(counters, this.settings.name, what).set(value);
    const ago = (at: number | undefined) => (at === undefined ? 0 : Math.max(0, now() - at));
    set('connected', all.length > 0 && all.every(({ connected }) => connected !== undefined) ? 1 : 0);
    set('waiting', Math.max(0, ...all.map(({ waiting }) => waiting)));
    set('behind', Math.max(0, ...all.map(({ oldest }) => ago(oldest))));
    const losses = all.flatMap(({ losesAt }) => (losesAt === undefined ? [] : Math.max(1, losesAt - now())));
    set('loss_in', losses.length === 0 ? 0 : Math.min(...losses));
    set('down', Math.max(0, ...all.map(({ failure }) => ago(failure?.since))));
  }
}

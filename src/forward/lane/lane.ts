import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../base/errors.ts';
import { formatHostPort } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';
import { SECOND } from '../../base/units.ts';
import type { Cursor } from '../../model/cursor.ts';
import type { Filter } from '../../model/filter.ts';
import { arrivalOf, nodeOf } from '../../model/id.ts';
import { Ended, type ForwardStatus, type OpenOutlet, Refused } from '../contract.ts';
import type { ForwardSettings } from '../registry.ts';
import { Addresses } from './addresses.ts';
import { AsideKeeper } from './aside.ts';
import { Losses } from './losses.ts';
import { Origins } from './origins.ts';
import { Pacer } from './pacer.ts';
import type { LaneParts } from './parts.ts';
import type { Position } from './position.ts';
import { Rate } from './rate.ts';
import { Reading } from './reading.ts';
import { Session } from './session.ts';

/** How often the position is saved, ms. */
const TICK_MS = SECOND;
/** A connection that lasts for so long works, although nothing may have been sent over it, ms. */
const WORKS_MS = 5 * SECOND;

type Route = {
  readonly open: OpenOutlet<ForwardSettings>;
  /** The addresses, the preferred one first. */
  readonly order: readonly HostPort[];
  /** Added to the name in `from`. */
  readonly suffix: string;
};

/** Sends messages in their order to one receiver at a time, and keeps how far it is. */
export class Lane {
  readonly #settings: ForwardSettings;
  readonly #parts: LaneParts;
  readonly #addresses: Addresses;
  readonly #losses: Losses;
  readonly #aside: AsideKeeper;
  readonly #pacer: Pacer;
  readonly #origins: Origins;
  readonly #rate = new Rate();
  #session: Session | undefined;
  #failure: ForwardStatus['failure'];

  constructor(settings: ForwardSettings, parts: LaneParts & Route) {
    const { world, position, filter, open, order } = parts;
    const { name } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.#addresses = new Addresses(settings, { world, open, order });
    this.#losses = new Losses(world, {
      name,
      filter,
      position,
      onLost: (messages) => parts.count('lost').add(messages),
    });
    this.#aside = new AsideKeeper(world, name, position);
    this.#pacer = new Pacer(settings, performance.now());
    this.#origins = new Origins(world, `${name}${parts.suffix}`);
  }

  /** Sends until the signal aborts. @throws what the store fails with, and PositionTaken */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const all = AbortSignal.any([signal, ended.signal]);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    const ticking = this.#tickUntil(all).catch((error: unknown) => {
      reject(error);
      ended.abort(error);
    });
    try {
      await this.#origins.read();
      await this.#losses.begin(this.#parts.position.cursor, all);
      while (!all.aborted) await this.#connectAndSend(all);
    } catch (error) {
      if (!all.aborted) throw error;
    } finally {
      ended.abort();
      await ticking;
    }
    if (!signal.aborted) await failed;
    await this.#save();
  }

  /** Begins here, in place of where it was; only before `run`. */
  moveTo(cursor: Cursor): void {
    this.#parts.position.moveTo(cursor);
  }

  get filter(): Filter {
    return this.#parts.filter;
  }

  get position(): Position {
    return this.#parts.position;
  }

  get status(): ForwardStatus {
    const { world } = this.#parts;
    const session = this.#session;
    const waiting = this.#reading.waiting + (session?.flight.pending ?? 0);
    const oldest = waiting > 0 ? this.#oldest : undefined;
    const losesAt = waiting > 0 ? this.#losses.losesAt : undefined;
    return {
      kind: this.#settings.kind,
      to: this.#settings.to.map(formatHostPort),
      ...(session && {
        connected: { to: session.to, since: session.since, isCordwood: session.outlet.isCordwood },
      }),
      ...(this.#failure && { failure: this.#failure }),
      ...(oldest !== undefined && { oldest }),
      ...(losesAt !== undefined && { losesAt }),
      waiting,
      rate: this.#rate.perSecond,
      at: world.now(),
      node: world.node,
    };
  }

  /** What is read of the store: over the connection, or from the position on. */
  get #reading(): Reading {
    const { world, filter, position } = this.#parts;
    return this.#session?.reading ?? new Reading(world, filter, position.cursor);
  }

  /** The arrival of what was done last, of our own node first. */
  get #oldest(): number | undefined {
    const { world, position } = this.#parts;
    const ids = [...position.cursor.values()];
    const id = ids.find((each) => nodeOf(each) === world.node) ?? ids[0];
    return id === undefined ? undefined : arrivalOf(id);
  }

  /** One connection, from the first attempt to its end. */
  async #connectAndSend(signal: AbortSignal): Promise<void> {
    const { world } = this.#parts;
    const connected = await this.#addresses.connect(signal, (error) => this.#noteFailure(error));
    const leaving = new AbortController();
    const live = AbortSignal.any([signal, leaving.signal]);
    const back = this.#addresses.preferred(connected.place, live);
    void back.then(() => leaving.abort(new Ended('an address before it can be reached again'))).catch(() => {});
    const session = this.#open(connected);
    let mayPause = false;
    try {
      await session.run(live);
    } catch (error) {
      if (error instanceof Refused) {
        world.log.warn({ forward: this.#settings.name }, error.message);
        mayPause = !session.onRefused(error);
        if (mayPause) this.#noteFailure(error);
      } else if (error instanceof Ended) mayPause = !leaving.signal.aborted;
      else if (!live.aborted) {
        this.#noteFailure(error);
        mayPause = true;
      }
    } finally {
      leaving.abort();
      await this.#close(session);
    }
    if (mayPause && !signal.aborted) await this.#addresses.pause(signal);
  }

  #open(connected: Awaited<ReturnType<Addresses['connect']>>): Session {
    const { world } = this.#parts;
    const again = this.#failure ? ' again' : '';
    world.log.info({ forward: this.#settings.name, to: connected.to }, `connected${again}`);
    this.#session = new Session(connected, {
      ...this.#parts,
      settings: this.#settings,
      losses: this.#losses,
      aside: this.#aside,
      origins: this.#origins,
      pacer: this.#pacer,
      onDone: (messages) => {
        this.#rate.add(messages);
        this.#parts.count('sent').add(messages);
        this.#works();
      },
    });
    return this.#session;
  }

  async #close(session: Session): Promise<void> {
    try {
      await session.outlet[Symbol.asyncDispose]();
    } catch (error) {
      this.#parts.world.log.debug(`cannot close a connection in order: ${reasonOf(error)}`);
    }
    session.settle();
    this.#session = undefined;
  }

  /** The connection has proved to work. */
  #works(): void {
    this.#addresses.worked();
    this.#failure = this.#failure && { at: this.#failure.at, reason: this.#failure.reason };
  }

  #noteFailure(error: unknown): void {
    const { world, count } = this.#parts;
    const reason = reasonOf(error);
    count('failures').add();
    const at = world.now();
    const isNew = this.#failure?.since === undefined || this.#failure.reason !== reason;
    if (isNew) world.log.warn({ forward: this.#settings.name }, `${reason}; trying again`);
    this.#failure = { at, since: this.#failure?.since ?? at, reason };
  }

  async #tickUntil(signal: AbortSignal): Promise<void> {
    const { world, position } = this.#parts;
    while (!signal.aborted) {
      await sleep(TICK_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#rate.tick();
      await this.#losses.check(this.#session?.reading.reached ?? position.cursor, signal);
      this.#session?.settle();
      if (this.#session && world.now() - this.#session.since > WORKS_MS) this.#works();
      await this.#save();
      await this.#origins.refresh();
    }
  }

  async #save(): Promise<void> {
    await this.#parts.position.save(this.status);
  }
}

import { countOf } from '../../base/text.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { Cursor } from '../../model/cursor.ts';
import type { Filter } from '../../model/filter.ts';
import { arrivalOf, nodeOf, sequenceOf } from '../../model/id.ts';
import type { LogMessage } from '../../model/message.ts';
import { Forecast } from './forecast.ts';
import type { Position } from './position.ts';
import { covers, firstArrival } from './reading.ts';
import type { ForwardWorld } from '../world.ts';

/** Messages are given up so long before their stream expires, ms: they must still be there to be counted. */
const MARGIN_MS = 5 * SECOND;
/** How often it is looked at, ms. */
const CHECK_MS = 2 * SECOND;

type LossOptions = {
  readonly name: string;
  readonly filter: Filter;
  readonly position: Position;
  readonly onLost: (messages: number) => void;
};

/** Finds messages that retention deletes before they are sent, and counts them while they are still there. */
export class Losses {
  readonly #world: ForwardWorld;
  readonly #name: string;
  readonly #filter: Filter;
  readonly #position: Position;
  readonly #onLost: (messages: number) => void;
  #warnedAt = -Infinity;
  #checkedAt = -Infinity;
  #deciding: Promise<void> | undefined;
  readonly #forecast = new Forecast();

  constructor(world: ForwardWorld, options: LossOptions) {
    this.#world = world;
    this.#name = options.name;
    this.#filter = options.filter;
    this.#position = options.position;
    this.#onLost = options.onLost;
  }

  /** Resolves once it is decided again what is given up; undefined if nothing is being decided. */
  get deciding(): Promise<void> | undefined {
    return this.#deciding;
  }

  /** Whether a message was given up, and must not be sent any more. Only after `deciding`. */
  has(message: LogMessage): boolean {
    const { passed } = this.#position;
    return passed.size > 0 && message.received_at.getTime() < (passed.get(message.stream) ?? 0);
  }

  /**
   * Gives up what expires within seconds, and records it. @param read what was read of the store and sent: that is not
   * lost
   */
  async check(read: Cursor, signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#checkedAt < CHECK_MS) return;
    this.#checkedAt = performance.now();
    const oldest = this.#oldest(read);
    const now = this.#world.now();
    const { passed } = this.#position;
    // Before anything was read, it is not known how old the first message is.
    this.#forecast.note(now, oldest === 0 ? Infinity : now - oldest);
    for (const { name, keep } of this.#world.streams()) {
      if (keep === undefined) continue;
      this.#warnAtHalf(name, { keep, behind: now - oldest });
      const until = now - keep + MARGIN_MS;
      if (oldest < until && (passed.get(name) ?? 0) < until) {
        // What is sent while the rest is counted would count as lost, too.
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#deciding = promise;
        try {
          await this.#giveUp(name, { read, until }, signal);
        } finally {
          this.#deciding = undefined;
          resolve();
        }
      }
    }
    for (const { stream, until, why } of await this.#world.store.retentionEdges()) {
      if (why === 'keep' || until <= Math.max(oldest, passed.get(stream) ?? 0)) continue;
      passed.set(stream, until);
      await this.#noteUncounted(read, signal);
    }
  }

  /** When retention begins to delete what waits, if the destination goes on as in the last minutes, ms; see `Forecast`. */
  get losesAt(): number | undefined {
    const keeps = this.#world.streams().flatMap(({ keep }) => keep ?? []);
    return keeps.length === 0 ? undefined : this.#forecast.reaches(Math.min(...keeps) - MARGIN_MS);
  }

  /** Records what was deleted while this process was not running: it cannot be counted any more. */
  async begin(read: Cursor, signal: AbortSignal): Promise<void> {
    const keeps = this.#world.streams().flatMap(({ keep }) => keep ?? []);
    const expired = this.#world.now() - Math.min(...keeps);
    if (keeps.length > 0 && this.#oldest(read) < expired) await this.#noteUncounted(read, signal);
  }

  #oldest(read: Cursor): number {
    return Math.min(...this.#world.visible().map((id) => this.#seen(read, id)));
  }

  /** The arrival up to which a node was read; of one that has nothing more, never. */
  #seen(read: Cursor, visible: string): number {
    if (covers(read, visible)) return Infinity;
    const seen = read.get(nodeOf(visible));
    return seen === undefined ? 0 : arrivalOf(seen);
  }

  /** Counts what is given up of a stream while it is still there. */
  async #giveUp(
    stream: string,
    { read, until }: { readonly read: Cursor; readonly until: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { passed } = this.#position;
    const since = passed.get(stream) ?? 0;
    const filter: Filter = { kind: 'and', of: [this.#filter, { kind: 'equals', field: 'stream', value: stream }] };
    const query = { filter, after: [...read.values()], since, until, order: 'oldest' } as const;
    const count = (await this.#world.store.aggregate(query, { by: [] }, signal))[0]?.count ?? 0;
    passed.set(stream, until);
    if (count === 0) return;
    this.#position.lost += count;
    this.#onLost(count);
    const from = (await firstArrival(this.#world, query, signal)) ?? until - 1;
    await this.#world.note({ from, to: until, reason: 'not_forwarded', listener: this.#name, count });
    this.#world.log.error(
      `${countOf(count, 'message')} of the stream ${stream} expired before ${this.#name} could take them`,
    );
  }

  /** If the numbers of messages show that some after `read` are gone, records that. */
  async #noteUncounted(read: Cursor, signal: AbortSignal): Promise<void> {
    const query = { filter: { kind: 'all' }, after: [...read.values()], order: 'oldest', limit: 1 } as const;
    for await (const [first] of this.#world.store.find(query, signal)) {
      const seen = first && read.get(nodeOf(first._id));
      const missing = seen === undefined ? 0 : sequenceOf(first!._id) - sequenceOf(seen) - 1;
      if (missing <= 0) return;
      const [from, to] = [arrivalOf(seen!), arrivalOf(first!._id)];
      if (from < to) await this.#world.note({ from, to, reason: 'not_forwarded', listener: this.#name });
      const lost = `up to ${countOf(missing, 'message')}`;
      this.#world.log.error(`retention deleted ${lost} before ${this.#name} could take them`);
      return;
    }
  }

  #warnAtHalf(stream: string, { keep, behind }: { keep: number; behind: number }): void {
    if (behind < keep / 2 || behind === Infinity || performance.now() - this.#warnedAt < 10 * MINUTE) return;
    this.#warnedAt = performance.now();
    this.#world.log.warn(
      `${this.#name} is more than half of the keep of the stream ${stream} behind: what is not forwarded before is lost`,
    );
  }
}

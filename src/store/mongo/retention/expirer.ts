import type { Db } from 'mongodb';
import { DAY, MINUTE, SECOND } from '../../../base/units.ts';
import type { Excess, ExpireReport, Removal, Retention, RetentionEdge } from '../../contract.ts';
import { judge, laterEdge, RETENTION_STATE, type RetentionUnit } from '../../retention/retention.ts';
import { listCollections } from '../collections.ts';
import { mongoError } from '../connection.ts';
import { messagesIn, partOf } from '../documents.ts';
import { arrivedBetween } from '../id-range.ts';
import type { MongoState } from '../state.ts';
import { arrivalFrom, type DayOfCollection, daysOf, lastArrival } from './days.ts';
import { HoldMarker } from './hold-marker.ts';
import { sizeOf } from './sizes.ts';

/** One node applies retention; another takes over if its lease was not renewed for this long, ms. */
const LEASE_MS = MINUTE;
/** Messages deleted by one command. */
const SLICE = 10_000;
/** How long one pass may take, ms: the writer inserts nothing meanwhile. */
const PASS_MS = 3 * SECOND;
/** Longest pause between two passes that mark new messages of holds, ms. */
const MARK_MS = 5 * MINUTE;
const NAMESPACE = 'store';

type DayUnit = RetentionUnit & DayOfCollection;

/**
 * Applies the retention that TTL indexes cannot: drops collections of one day, deletes days past
 * their `keep` that the server has left, and the oldest days beyond a size limit. Records how far
 * each stream is deleted.
 */
export class Expirer {
  readonly #db: Db;
  readonly #state: MongoState;
  readonly #holdMarker: HoldMarker;
  readonly #holder: string;

  /** @param holder a name no other process with this database has */
  constructor(db: Db, state: MongoState, holder: string) {
    this.#db = db;
    this.#state = state;
    this.#holdMarker = new HoldMarker(db, state);
    this.#holder = holder;
  }

  /** Does nothing while another node has the lease. */
  async expire(now: number, retention: Retention): Promise<ExpireReport> {
    if (!(await this.#lease(LEASE_MS))) return { removed: [], exceeded: [] };
    const holds = await this.#holdMarker.refresh(now, markIntervalOf(retention));
    const names = await listCollections(this.#db);
    await this.#recordTtlDeletes(names, retention, now);
    const days = await this.#candidates(names, retention, now);
    const newest = await this.#newest(names);
    const units = await Promise.all(days.map((day) => this.#unit(day, newest.get(day.stream), holds.length > 0)));
    const { remove, exceeded } = judge(units, retention, now);
    const removed: Removal[] = [];
    const deadline = performance.now() + PASS_MS;
    for (const { unit, why } of remove) {
      if (performance.now() > deadline) break;
      removed.push(await this.#remove(unit, { why, deadline }));
    }
    return { removed, exceeded: stillExceeded(exceeded, removed.length < remove.length) };
  }

  /** Lets another node take over at once. */
  async release(): Promise<void> {
    await this.#lease(0);
  }

  #lease(ms: number): Promise<boolean> {
    return this.#state.namespace(NAMESPACE).lease('retention', this.#holder, ms);
  }

  /**
   * The days that may have to be deleted: all days only if a size limit is exceeded, since counting
   * them is slow.
   */
  async #candidates(names: readonly string[], retention: Retention, now: number): Promise<DayOfCollection[]> {
    const { streams, maxDisk = Infinity } = retention;
    const sizes = new Map<string, number>();
    if (maxDisk < Infinity || streams.some(({ maxSize }) => maxSize !== undefined)) {
      for (const name of names) {
        const { stream } = partOf(name)!;
        sizes.set(stream, (sizes.get(stream) ?? 0) + (await sizeOf(this.#db, name)).storedBytes);
      }
    }
    const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const found: DayOfCollection[] = [];
    for (const name of names) {
      const { stream } = partOf(name)!;
      const { keep = Infinity, maxSize = Infinity } = streams.find((one) => one.name === stream) ?? {};
      const all = total > maxDisk || (sizes.get(stream) ?? 0) > maxSize;
      if (!all && keep === Infinity) continue;
      found.push(...(await daysOf(this.#db, name, all ? Infinity : now - keep)));
    }
    return found;
  }

  /** By stream, the arrival of its last message, ms. */
  async #newest(names: readonly string[]): Promise<Map<string, number>> {
    const newest = new Map<string, number>();
    for (const name of names) {
      const { stream } = partOf(name)!;
      newest.set(stream, Math.max(newest.get(stream) ?? 0, (await lastArrival(this.#db, name)) ?? 0));
    }
    return newest;
  }

  async #unit(day: DayOfCollection, newest: number | undefined, hasHolds: boolean): Promise<DayUnit> {
    const end = Date.parse(day.day) + DAY;
    const pinned = hasHolds && (await this.#isPinned(day));
    return {
      ...day,
      end,
      bytes: day.storedBytes,
      removable: newest !== undefined && newest < end ? 'past' : 'always',
      pinned: () => pinned,
    };
  }

  async #isPinned({ collection, day }: DayOfCollection): Promise<boolean> {
    const filter = { ...ofDay(day), held: { $exists: true } };
    return (await messagesIn(this.#db, collection).findOne(filter, { projection: { _id: 1 } })) !== null;
  }

  async #remove(unit: DayUnit, { why, deadline }: Pick<Removal, 'why'> & { deadline: number }): Promise<Removal> {
    const { collection, stream, day, messages, bytes, end } = unit;
    if (partOf(collection)!.day !== undefined) {
      await this.#record({ stream, until: end, why });
      await this.#db.collection(collection).drop();
      return { stream, day, messages, bytes, why, until: end };
    }
    let deleted = 0;
    let until = Date.parse(day);
    do {
      const upTo = await this.#sliceEnd(collection, day);
      until = upTo ?? end;
      await this.#record({ stream, until, why });
      const range = arrivedBetween(Date.parse(day), until - 1);
      deleted += (await messagesIn(this.#db, collection).deleteMany({ ...range, held: null })).deletedCount;
    } while (until < end && performance.now() < deadline);
    return { stream, day, messages: deleted, bytes: Math.ceil((bytes * deleted) / Math.max(1, messages)), why, until };
  }

  /**
   * End of the arrival times of the next `SLICE` messages of a day, ms; undefined if they are the
   * last ones.
   */
  async #sliceEnd(collection: string, day: string): Promise<number | undefined> {
    const options = { sort: { _id: 1 }, skip: SLICE, projection: { received_at: 1 } } as const;
    const next = await messagesIn(this.#db, collection).findOne({ ...ofDay(day), held: null }, options);
    return next ? (next['received_at'] as Date).getTime() + 1 : undefined;
  }

  async #record(edge: RetentionEdge): Promise<void> {
    const known = (await this.#state.get(RETENTION_STATE, edge.stream))?.value as RetentionEdge | undefined;
    const later = laterEdge(known, edge);
    if (later !== known) await this.#state.write([{ namespace: RETENTION_STATE, key: edge.stream, value: later }]);
  }

  /**
   * TTL deletions are not reported by the server: they show as a collection that begins later than
   * it did before.
   */
  async #recordTtlDeletes(names: readonly string[], { streams }: Retention, now: number): Promise<void> {
    for (const collection of names) {
      const { stream, day } = partOf(collection)!;
      const { keep } = streams.find(({ name }) => name === stream) ?? {};
      if (keep === undefined || day !== undefined) continue;
      try {
        const first = await arrivalFrom(this.#db, collection, 0);
        const key = `first/${collection}`;
        const known = (await this.#state.get(NAMESPACE, key))?.value as number | undefined;
        const begins = first ?? now;
        if (known !== undefined && begins > known) {
          await this.#record({ stream, until: Math.min(begins, now - keep), why: 'keep' });
        }
        if (first !== known) await this.#state.write([{ namespace: NAMESPACE, key, value: first }]);
      } catch (error) {
        throw mongoError(`read the first message of ${collection}`, error);
      }
    }
  }
}

/** How often new messages of holds are marked, ms: well before any of them can expire. */
function markIntervalOf({ streams }: Retention): number {
  return Math.min(MARK_MS, ...streams.map(({ keep = Infinity }) => keep / 4));
}

function ofDay(day: string): ReturnType<typeof arrivedBetween> {
  return arrivedBetween(Date.parse(day), Date.parse(day) + DAY - 1);
}

/** If a pass ended before everything was deleted, the next one reports what is still exceeded. */
function stillExceeded(exceeded: readonly Excess[], isUnfinished: boolean): readonly Excess[] {
  return isUnfinished ? [] : exceeded;
}

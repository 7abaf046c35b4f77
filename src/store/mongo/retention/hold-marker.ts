import type { Collection, Db } from 'mongodb';
import { MINUTE } from '../../../base/units.ts';
import { HOLDS, type Hold, type StateEntry } from '../../contract.ts';
import { listCollections } from '../collections.ts';
import { mongoError } from '../connection.ts';
import { messagesIn, partOf, type StoredDocument } from '../documents.ts';
import { translate } from '../filter/translate.ts';
import { arrivedBetween } from '../id-range.ts';
import type { MongoState } from '../state.ts';

const INDEX = { name: 'cordwood_held', partialFilterExpression: { held: { $exists: true } } };
/** A message may become visible this long after it arrived, so each pass covers this time again, ms. */
const OVERLAP_MS = 10 * MINUTE;

/**
 * Marks the messages that a hold pins with the name of the hold, which excludes them from the TTL
 * index, and removes marks of released holds. More messages than the hold matches may be marked;
 * searches do not rely on the marks.
 */
export class HoldMarker {
  readonly #db: Db;
  readonly #state: MongoState;
  /** By name and revision of a hold, the arrival time up to which its messages are marked, ms. */
  #marked = new Map<string, number>();
  /** Marks of an earlier process are unknown, so the first pass removes stale ones. */
  #first = true;

  constructor(db: Db, state: MongoState) {
    this.#db = db;
    this.#state = state;
  }

  /** @param every pause between two passes that mark new messages, ms @returns all holds */
  async refresh(now: number, every = 0): Promise<readonly Hold[]> {
    const entries = await this.#state.namespace(HOLDS).scan('');
    const keys = new Set(entries.map(keyOf));
    const released = [...this.#marked.keys()].some((key) => !keys.has(key));
    const due = entries.filter((entry) => released || now - (this.#marked.get(keyOf(entry)) ?? -Infinity) >= every);
    if (!released && due.length === 0 && !this.#first) return entries.map(({ value }) => value as Hold);
    const collections = await this.#collections();
    if (released) this.#marked = new Map();
    for (const collection of collections) await this.#unmark(collection, entries);
    this.#first = false;
    for (const entry of due) {
      for (const collection of collections) await this.#mark(collection, entry);
      this.#marked.set(keyOf(entry), now);
    }
    return entries.map(({ value }) => value as Hold);
  }

  async #collections(): Promise<Collection<StoredDocument>[]> {
    return (await listCollections(this.#db)).map((name) => messagesIn(this.#db, name));
  }

  async #unmark(collection: Collection<StoredDocument>, entries: readonly StateEntry[]): Promise<void> {
    try {
      await collection.createIndex({ held: 1 }, INDEX);
      const names = entries.map(({ key }) => key);
      await collection.updateMany(
        { held: { $exists: true, $nin: names } },
        { $unset: { held: '' } },
        { hint: INDEX.name },
      );
    } catch (error) {
      throw mongoError(`unpin messages of released holds in ${collection.collectionName}`, error);
    }
  }

  async #mark(collection: Collection<StoredDocument>, entry: StateEntry): Promise<void> {
    const { name, since = 0, until = Infinity, filter } = entry.value as Hold;
    const { query } = translate(filter, { stream: partOf(collection.collectionName)!.stream });
    const from = Math.max(since, (this.#marked.get(keyOf(entry)) ?? 0) - OVERLAP_MS);
    if (query === 'none' || from >= until) return;
    const conditions = [arrivedBetween(from, until - 1), { held: null }, ...(query === 'all' ? [] : [query])];
    try {
      await collection.updateMany({ $and: conditions }, { $set: { held: name } });
    } catch (error) {
      throw mongoError(`pin messages of the hold ${name} in ${collection.collectionName}`, error);
    }
  }
}

function keyOf({ key, revision }: StateEntry): string {
  return `${key} ${revision}`;
}

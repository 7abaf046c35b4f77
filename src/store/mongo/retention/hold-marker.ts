import type { Collection, Db } from 'mongodb';
import { type Hold, HOLDS, type StateEntry } from '../../contract.ts';
import { listCollections } from '../collections.ts';
import { mongoError } from '../connection.ts';
import { messagesIn, partOf, type StoredDocument } from '../documents.ts';
import { translate } from '../filter/translate.ts';
import type { MongoState } from '../state.ts';
import { arrivedBetween } from '../id-range.ts';

const INDEX = { name: 'cordwood_held', partialFilterExpression: { held: { $exists: true } } };
/** Messages may become visible this long after they arrived: a pass looks at them again, ms. */
const AGAIN_MS = 10 * 60_000;

/**
 * Marks what a hold pins with the hold's name, which keeps it out of the TTL index, and unmarks what none pins any
 * more. A mark may be on more than the hold matches; what is shown is decided by who asks.
 */
export class HoldMarker {
  readonly #db: Db;
  readonly #state: MongoState;
  /** Holds by name and revision, and up to when what arrived was marked, ms. */
  #marked = new Map<string, number>();
  /** Nobody knows what an earlier process had marked. */
  #first = true;

  constructor(db: Db, state: MongoState) {
    this.#db = db;
    this.#state = state;
  }

  /** @param every how often what arrived since is marked, ms @returns the holds there are */
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
      throw mongoError(`let go of what holds had pinned in ${collection.collectionName}`, error);
    }
  }

  async #mark(collection: Collection<StoredDocument>, entry: StateEntry): Promise<void> {
    const { name, since = 0, until = Infinity, filter } = entry.value as Hold;
    const { query } = translate(filter, { stream: partOf(collection.collectionName)!.stream });
    const from = Math.max(since, (this.#marked.get(keyOf(entry)) ?? 0) - AGAIN_MS);
    if (query === 'none' || from >= until) return;
    const conditions = [arrivedBetween(from, until - 1), { held: null }, ...(query === 'all' ? [] : [query])];
    try {
      await collection.updateMany({ $and: conditions }, { $set: { held: name } });
    } catch (error) {
      throw mongoError(`pin what the hold ${name} wants in ${collection.collectionName}`, error);
    }
  }
}

function keyOf({ key, revision }: StateEntry): string {
  return `${key} ${revision}`;
}

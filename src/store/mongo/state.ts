import { randomInt } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Binary, type Collection, type Db } from 'mongodb';
import type { Clock } from '../../base/clock.ts';
import { LONGEST_LEASE, type StateChange, type StateEntry, type StoreState } from '../contract.ts';
import { mongoError } from './connection.ts';
import { LEASES, STATE } from './documents.ts';
import { codeOf, DUPLICATE } from './error-codes.ts';
import { ServerTime } from './server-time.ts';

/**
 * Values are stored as JSON text, because BSON rejects some keys that JSON allows; a long text is
 * compressed, because a document has at most 16 MB.
 */
type StateDocument = { readonly _id: string; readonly revision: number } & (
  | { readonly json: string }
  | { readonly packed: Binary }
);
/** Characters of JSON that are stored as they are, at most. */
const MAX_PLAIN = 4 << 20;
type LeaseDocument = { readonly _id: string; readonly holder: string; readonly until: Date };

/** Sorts after every other character. */
const LAST_CHARACTER = '\u{10ffff}';

/** The store's state in a collection: one document per key, with the namespace and the key as `_id`. */
export class MongoState {
  readonly #entries: Collection<StateDocument>;
  readonly #leases: Collection<LeaseDocument>;
  readonly #now: Clock;
  readonly #time: ServerTime;

  /**
   * @param now tests let it differ from the wall clock; leases then shift the server's clock by
   * that difference
   */
  constructor(db: Db, now: Clock) {
    this.#entries = db.collection(STATE);
    this.#leases = db.collection(LEASES);
    this.#now = now;
    this.#time = new ServerTime(db);
  }

  /** The clock that leases go by, ms. */
  async time(): Promise<number> {
    try {
      return await this.#time.read();
    } catch (error) {
      throw mongoError('read the time of the server', error);
    }
  }

  namespace(name: string): StoreState {
    return {
      get: (key) => this.get(name, key),
      put: (key, value, revision) => tried('write', () => this.#put(idOf(name, key), value, revision)),
      scan: (prefix) => tried('read', () => this.#scan(name, prefix)),
      lease: (key, holder, ms) => tried('write', () => this.#lease(idOf(name, key), holder, ms)),
    };
  }

  async get(namespace: string, key: string): Promise<StateEntry | undefined> {
    const found = await tried('read', () => this.#entries.findOne({ _id: idOf(namespace, key) }));
    return found ? entryOf(namespace, found) : undefined;
  }

  /** Writes regardless of the revisions of the keys. */
  async write(changes: readonly StateChange[]): Promise<void> {
    if (changes.length === 0) return;
    const operations = changes.map(({ namespace, key, value }) => {
      const filter = { _id: idOf(namespace, key) };
      if (value === undefined) return { deleteOne: { filter } };
      return { replaceOne: { filter, replacement: written(value), upsert: true } };
    });
    await tried('write', () => this.#entries.bulkWrite(operations));
  }

  async #put(_id: string, value: unknown, revision: number): Promise<boolean> {
    if (revision === 0) {
      if (value === undefined) return !(await this.#entries.findOne({ _id }));
      return await unlessDuplicate(
        async () => (await this.#entries.insertOne({ _id, ...written(value) })).acknowledged,
      );
    }
    if (value === undefined) return (await this.#entries.deleteOne({ _id, revision })).deletedCount === 1;
    return (await this.#entries.replaceOne({ _id, revision }, written(value))).matchedCount === 1;
  }

  async #scan(namespace: string, prefix: string): Promise<StateEntry[]> {
    const from = idOf(namespace, prefix);
    const found = await this.#entries
      .find({ _id: { $gte: from, $lt: from + LAST_CHARACTER } })
      .sort({ _id: 1 })
      .toArray();
    return found.map((document) => entryOf(namespace, document));
  }

  /**
   * One atomic update, by the server's clock; behind a router, by what a shard's clock showed just before, so that a
   * lease seems to last longer and is granted for less. If two holders create the lease at once, the second
   * insert fails.
   */
  async #lease(_id: string, holder: string, ms: number): Promise<boolean> {
    const ahead = this.#now() - Date.now();
    const now = await this.#time.expression();
    const taker = { $literal: holder };
    const over = { $lte: ['$until', { $add: [now, ahead] }] };
    const setBack = { $gt: ['$until', { $add: [now, ahead + LONGEST_LEASE] }] };
    const free = { $or: [{ $eq: ['$holder', taker] }, over, setBack] };
    const until = { $cond: [free, { $add: [now, ahead + ms] }, '$until'] };
    const taken = [{ $set: { holder: { $cond: [free, taker, '$holder'] }, until } }];
    const options = { upsert: true, returnDocument: 'after' } as const;
    return await unlessDuplicate(
      async () => (await this.#leases.findOneAndUpdate({ _id }, taken, options))?.holder === holder,
    );
  }
}

function idOf(namespace: string, key: string): string {
  return `${namespace}/${key}`;
}

function entryOf(namespace: string, document: StateDocument): StateEntry {
  const { _id, revision } = document;
  const json = 'json' in document ? document.json : zstdDecompressSync(document.packed.buffer).toString();
  return { key: _id.slice(namespace.length + 1), value: JSON.parse(json), revision };
}

/**
 * Revisions are random, so that a key which was deleted and created again never has an earlier
 * revision.
 */
function written(value: unknown): OmitId<StateDocument> {
  const json = JSON.stringify(value);
  const revision = randomInt(1, 2 ** 48 - 1);
  if (json.length <= MAX_PLAIN) return { json, revision };
  return { packed: new Binary(zstdCompressSync(json)), revision };
}

type OmitId<Documents> = Documents extends unknown ? Omit<Documents, '_id'> : never;

async function unlessDuplicate(write: () => Promise<boolean>): Promise<boolean> {
  try {
    return await write();
  } catch (error) {
    if (codeOf(error) === DUPLICATE) return false;
    throw error;
  }
}

async function tried<Result>(verb: 'read' | 'write', work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw mongoError(`${verb} the store's state`, error);
  }
}

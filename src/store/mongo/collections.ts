import type { CreateIndexesOptions, Db } from 'mongodb';
import { CordwoodError } from '../../base/errors.ts';
import { formatDuration } from '../../base/units.ts';
import type { Expiry, StreamPolicy } from '../contract.ts';
import { codeOf } from './error-codes.ts';
import { mongoError } from './connection.ts';
import { partOf, VIEW } from './documents.ts';

/** MongoDB's monitor passes once a minute: what is kept for less would as well be refused. */
const LEAST_KEEP = 60_000;
/** Seconds that `expireAfterSeconds` may be; what is kept for longer needs no index. */
const MOST_SECONDS = 2 ** 31 - 1;
/** The TTL index of each collection that is not of one day. */
const TTL = 'cordwood_ttl';
/** Codes of mongod: the collection is there already; a like index is, with other options or another name. */
const EXISTS = 48;
const LIKE_INDEX = [85, 86];

type Index = readonly [
  key: Readonly<Record<string, 1 | -1>>,
  options: CreateIndexesOptions & { readonly name: string },
];

/** What questions are answered by; everything is sorted by `_id`. */
const INDEXES: readonly Index[] = [
  [{ hostname: 1, _id: -1 }, { name: 'cordwood_hostname' }],
  [
    { severity: 1, _id: -1 },
    { name: 'cordwood_severity', partialFilterExpression: { severity: { $lte: 4 } } },
  ],
  [{ appname: 1, _id: -1 }, { name: 'cordwood_appname' }],
];

/** @throws CordwoodError ERR_CONFIG where a stream is kept for less than MongoDB can do */
export function checkKeep(streams: readonly StreamPolicy[]): void {
  for (const { name, keep = Infinity } of streams) {
    if (keep >= LEAST_KEEP) continue;
    const reason = `the least is ${formatDuration(LEAST_KEEP)}`;
    throw new CordwoodError('ERR_CONFIG', `cannot keep stream ${name} for ${formatDuration(keep)}: ${reason}`);
  }
}

/** The names of our collections of messages, in order. */
export async function listCollections(db: Db): Promise<string[]> {
  const all = await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  return all
    .map(({ name }) => name)
    .filter((name) => partOf(name))
    .sort();
}

/**
 * Makes a collection with its compression and its indexes, or makes those of an existing one what they should be.
 * @param keep ms; Infinity for ever; undefined leaves the TTL index as it is, and makes none
 * @returns what was changed, for people; undefined where nothing was
 */
export async function ensureCollection(db: Db, name: string, keep: number | undefined): Promise<string | undefined> {
  try {
    await create(db, name);
    const there = new Map((await db.collection(name).indexes()).map((index) => [index.name, index]));
    const missing = INDEXES.filter(([, { name: index }]) => !there.has(index));
    if (missing.length > 0) await createIndexes(db, name, missing);
    if (keep === undefined) return undefined;
    return await ensureTtl(db, name, { now: there.get(TTL)?.expireAfterSeconds, keep });
  } catch (error) {
    throw mongoError(`prepare the collection ${name}`, error);
  }
}

async function create(db: Db, name: string): Promise<void> {
  const compressed = { wiredTiger: { configString: 'block_compressor=zstd' } };
  try {
    await db.createCollection(name, { storageEngine: compressed });
  } catch (error) {
    if (codeOf(error) !== EXISTS) throw error;
  }
}

/** All at once, as fits a new collection; an index of the same keys that somebody else made does as well. */
async function createIndexes(db: Db, name: string, indexes: readonly Index[]): Promise<void> {
  const collection = db.collection(name);
  try {
    await collection.createIndexes(indexes.map(([key, options]) => ({ key: { ...key }, ...options })));
  } catch (error) {
    if (!LIKE_INDEX.includes(codeOf(error) ?? 0)) throw error;
    if (indexes.length > 1) for (const index of indexes) await createIndexes(db, name, [index]);
  }
}

type Ttl = { /** Seconds of the index that is there. */ readonly now: number | undefined; readonly keep: number };

async function ensureTtl(db: Db, name: string, { now, keep }: Ttl): Promise<string | undefined> {
  const expireAfterSeconds = Math.ceil(keep / 1000);
  if (expireAfterSeconds > MOST_SECONDS) {
    if (now === undefined) return undefined;
    await db.collection(name).dropIndex(TTL);
    return `${name} is kept for ever now`;
  }
  if (now === expireAfterSeconds) return undefined;
  if (now === undefined) {
    const options = { name: TTL, expireAfterSeconds, partialFilterExpression: { held: null } };
    await db.collection(name).createIndex({ received_at: 1 }, options);
    return `${name} expires ${formatDuration(keep)} after arrival`;
  }
  await db.command({ collMod: name, index: { name: TTL, expireAfterSeconds } });
  return `${name} expires ${formatDuration(keep)} after arrival, no longer ${formatDuration(now * 1000)}`;
}

/** What each collection has in fact: a TTL index may be changed or dropped by anyone. */
export async function expiries(db: Db): Promise<Expiry[]> {
  const names = await listCollections(db);
  return await Promise.all(
    names.map(async (collection) => {
      const ttl = (await db.collection(collection).indexes()).find(({ name }) => name === TTL);
      const after = ttl?.expireAfterSeconds;
      return { collection, ...partOf(collection)!, ...(after !== undefined && { after: after * 1000 }) };
    }),
  );
}

/**
 * Makes the view `logs` what it should be: all messages of all streams, for people's tools. Says why where somebody
 * else has that name.
 */
export async function ensureView(db: Db): Promise<string | undefined> {
  const [first, ...rest] = await listCollections(db);
  if (first === undefined) return undefined;
  const view = { viewOn: first, pipeline: rest.map((coll) => ({ $unionWith: { coll } })) };
  const [there] = await db.listCollections({ name: VIEW }).toArray();
  if (there && there.type !== 'view') return `cannot make the view ${VIEW}: the database has a collection of that name`;
  if (there) await db.command({ collMod: VIEW, ...view });
  else await db.createCollection(VIEW, view);
  return undefined;
}

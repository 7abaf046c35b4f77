import type { Db } from 'mongodb';
import { CordwoodError } from '../../base/errors.ts';
import { formatDuration, MINUTE } from '../../base/units.ts';
import type { Expiry, StreamPolicy } from '../contract.ts';
import { mongoError } from './connection.ts';
import { partOf, VIEW } from './documents.ts';
import { codeOf } from './error-codes.ts';
import { type EnsuredIndexes, ensureIndexes } from './indexes.ts';
import type { IndexedField } from './settings.ts';

/** The shortest `keep`, ms: MongoDB deletes expired documents once a minute. */
const MIN_KEEP = MINUTE;
/** The largest `expireAfterSeconds`; messages that are kept for longer need no TTL index. */
const MAX_SECONDS = 2 ** 31 - 1;
/** Name of the TTL index, which each collection has unless it is of a single day. */
const TTL = 'cordwood_ttl';
/** Code of mongod: the collection exists. */
const COLLECTION_EXISTS = 48;

/** @throws CordwoodError ERR_CONFIG if a stream is kept for less than MongoDB can do */
export function checkKeep(streams: readonly StreamPolicy[]): void {
  for (const { name, keep = Infinity } of streams) {
    if (keep >= MIN_KEEP) continue;
    const reason = `MongoDB deletes once a minute, so the minimum is ${formatDuration(MIN_KEEP)}`;
    throw new CordwoodError('ERR_CONFIG', `cannot keep stream ${name} for ${formatDuration(keep)}: ${reason}`);
  }
}

/** The names of our message collections, sorted. */
export async function listCollections(db: Db): Promise<string[]> {
  const all = await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  return all
    .map(({ name }) => name)
    .filter((name) => partOf(name))
    .sort();
}

/** What a collection should be like. */
export type Wanted = {
  /** ms; Infinity keeps forever; undefined leaves the TTL index as it is, and creates none. */
  readonly keep: number | undefined;
  /** The fields to index. */
  readonly fields: readonly IndexedField[];
};

/** What preparing a collection has found or done. */
export type Ensured = EnsuredIndexes & {
  /** What changed about expiry, for the log; undefined if nothing did. */
  readonly changed: string | undefined;
};

/**
 * Creates a collection with its compression and indexes, or corrects the indexes of an existing one.
 * @throws CordwoodError ERR_STORE
 */
export async function ensureCollection(db: Db, name: string, { keep, fields }: Wanted): Promise<Ensured> {
  try {
    await create(db, name);
    const existing = new Map((await db.collection(name).indexes()).map((index) => [index.name, index]));
    const indexes = await ensureIndexes(db, name, { fields, existing });
    if (keep === undefined) return { ...indexes, changed: undefined };
    return { ...indexes, changed: await ensureTtl(db, name, { now: existing.get(TTL)?.expireAfterSeconds, keep }) };
  } catch (error) {
    throw mongoError(`prepare the collection ${name}`, error);
  }
}

async function create(db: Db, name: string): Promise<void> {
  const compressed = { wiredTiger: { configString: 'block_compressor=zstd' } };
  try {
    await db.createCollection(name, { storageEngine: compressed });
  } catch (error) {
    if (codeOf(error) !== COLLECTION_EXISTS) throw error;
  }
}

type Ttl = {
  /** Seconds of the existing TTL index. */
  readonly now: number | undefined;
  /** ms. */
  readonly keep: number;
};

async function ensureTtl(db: Db, name: string, { now, keep }: Ttl): Promise<string | undefined> {
  const expireAfterSeconds = Math.ceil(keep / 1000);
  if (expireAfterSeconds > MAX_SECONDS) {
    if (now === undefined) return undefined;
    await db.collection(name).dropIndex(TTL);
    return `${name} is now kept forever`;
  }
  if (now === expireAfterSeconds) return undefined;
  if (now === undefined) {
    const options = { name: TTL, expireAfterSeconds, partialFilterExpression: { held: null } };
    await db.collection(name).createIndex({ received_at: 1 }, options);
    return `${name} expires ${formatDuration(keep)} after arrival`;
  }
  await db.command({ collMod: name, index: { name: TTL, expireAfterSeconds } });
  return `${name} expires ${formatDuration(keep)} after arrival, no longer after ${formatDuration(now * 1000)}`;
}

/** The actual expiry of each collection: an administrator may have changed or dropped its TTL index. */
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
 * Creates or corrects the view `logs`: all messages of all streams, for use in other tools.
 * @returns why that is not possible, if it is not
 */
export async function ensureView(db: Db): Promise<string | undefined> {
  const [first, ...rest] = await listCollections(db);
  if (first === undefined) return undefined;
  const view = { viewOn: first, pipeline: rest.map((coll) => ({ $unionWith: { coll } })) };
  const [existing] = await db.listCollections({ name: VIEW }).toArray();
  if (existing && existing.type !== 'view')
    return `cannot create the view ${VIEW}: the database has a collection of that name`;
  if (existing) await db.command({ collMod: VIEW, ...view });
  else await db.createCollection(VIEW, view);
  return undefined;
}

import { type Db, MongoClient, type MongoClientOptions, ReadPreference } from 'mongodb';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import type { StoreState } from '../contract.ts';
import { Freshness } from './freshness.ts';
import { driverReason, unreadableFile } from './driver-reason.ts';
import type { MongoSettings } from './settings.ts';

/** The settings with the password that they refer to. */
export type MongoTarget = Pick<MongoSettings, 'uri' | 'database' | 'partition'> & {
  readonly in_flight?: number | undefined;
  readonly password?: string | undefined;
};

/** What a writer needs beside: who assigns node numbers is the cluster's business, not the store's. */
export type MongoWriterTarget = MongoTarget & {
  /** The node number of a spool's nonce; a new nonce gets the next free number. */
  readonly nodeNumber: (nodes: StoreState, nonce: string) => Promise<number>;
};

/** A client and the database it is for; disposing of it closes its connections. */
export type Connection = { readonly client: MongoClient; readonly db: Db } & AsyncDisposable;

/** How long a server may take to be found, and to take a connection, ms. */
const FIND_MS = 5000;
/** How long an answer may take before its connection is given up, ms: the driver's own default is for ever. */
const WRITE_MS = 15_000;
/** A query is ended by its own `maxTimeMS` first. */
const QUERY_MS = 120_000;
/** Two cores of a server each have one insert, two more are on their way. */
const IN_FLIGHT = 4;
/** Connections of the writer beside those of the inserts in flight: state, indexes, retention. */
const WRITER_POOL = 4;
const READER_POOL = 16;

/**
 * The client that writes: every write majority and journal, every read from the primary and of what a majority has.
 * Connects at its first use. @throws CordwoodError ERR_CONFIG where the driver refuses the address
 */
export function connectWriter(target: MongoTarget): Connection {
  return connect(target, {
    maxPoolSize: inFlightOf(target) + WRITER_POOL,
    socketTimeoutMS: WRITE_MS,
    readConcern: { level: 'majority' },
    readPreference: ReadPreference.primary,
  });
}

/** The client that answers questions, and how old its answers may be. */
export type ReaderConnection = Connection & { readonly freshness: Freshness };

/** The client that answers questions; also of what a majority has, so that nothing seen is ever undone. */
export function connectReader(target: MongoTarget): ReaderConnection {
  const connection = connect(target, {
    maxPoolSize: READER_POOL,
    socketTimeoutMS: QUERY_MS,
    readPreference: ReadPreference.primaryPreferred,
  });
  const freshness = new Freshness((readConcern) => connection.client.db(target.database, { readConcern }));
  return { ...connection, db: freshness.db, freshness };
}

function connect(target: MongoTarget, options: MongoClientOptions): Connection {
  const { uri, password, database } = target;
  let client: MongoClient;
  try {
    client = new MongoClient(withPassword(uri, password), {
      appName: 'cordwood',
      serverSelectionTimeoutMS: FIND_MS,
      connectTimeoutMS: FIND_MS,
      waitQueueTimeoutMS: WRITE_MS,
      heartbeatFrequencyMS: 2000,
      maxConnecting: 4,
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: WRITE_MS - FIND_MS },
      ignoreUndefined: true,
      ...options,
    });
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot use the store ${placeOf(uri)}: ${hidden(error, password)}`);
  }
  return { client, db: client.db(database), [Symbol.asyncDispose]: () => client.close() };
}

/** Inserts that are on their way at once. */
export function inFlightOf({ in_flight = IN_FLIGHT }: MongoTarget): number {
  return in_flight;
}

/** The servers of an address, for people: no user, no options. */
export function placeOf(uri: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/)(?:[^/@]*@)?([^/?]*).*$/, '$1$2');
}

function withPassword(uri: string, password: string | undefined): string {
  if (password === undefined) return uri;
  return uri.replace(
    /^(mongodb(?:\+srv)?:\/\/[^/@]*)@/,
    (_, user: string) => `${user}:${encodeURIComponent(password)}@`,
  );
}

function hidden(error: unknown, password: string | undefined): string {
  const reason = reasonOf(error);
  return password ? reason.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***') : reason;
}

/** An error of the driver as ours: "cannot <what>: <reason>". */
export function mongoError(what: string, error: unknown): CordwoodError {
  if (error instanceof CordwoodError) return error;
  return new CordwoodError('ERR_STORE', `cannot ${what}: ${driverReason(error)}`, { cause: error });
}

/**
 * Why a store could not be opened: ERR_CONFIG where it lies with a file of this machine, ERR_STORE where it lies with
 * the server, its users or the way there, which somebody may mend without us.
 */
export function openError({ uri }: MongoTarget, error: unknown): CordwoodError {
  const file = unreadableFile(error);
  if (file === undefined) return mongoError(`open the store ${placeOf(uri)}`, error);
  const reason = `cannot read ${file}: ${reasonOf(error)}`;
  return new CordwoodError('ERR_CONFIG', `cannot use the store ${placeOf(uri)}: ${reason}`, { cause: error });
}

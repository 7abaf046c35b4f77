import { type Db, MongoClient, type MongoClientOptions, ReadPreference } from 'mongodb';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { StoreState } from '../contract.ts';
import { driverReason, unreadableFile } from './driver-reason.ts';
import { Freshness } from './freshness.ts';
import { INDEXED_FIELDS, type IndexedField, type MongoSettings } from './settings.ts';

/** The settings together with the password they refer to. */
export type MongoTarget = Pick<MongoSettings, 'uri' | 'database' | 'partition'> & {
  readonly in_flight?: number | undefined;
  readonly indexes?: readonly IndexedField[] | undefined;
  readonly password?: string | undefined;
};

/** A writer also needs node numbers, which the cluster assigns, not the store. */
export type MongoWriterTarget = MongoTarget & {
  /** The node number of a nonce; a new nonce gets the next free number. */
  readonly nodeNumber: (nodes: StoreState, nonce: string) => Promise<number>;
};

/** A client and its database; disposing of it closes the client's connections. */
export type Connection = { readonly client: MongoClient; readonly db: Db } & AsyncDisposable;

/** How long selecting a server may take, and connecting to it, ms. */
const CONNECT_MS = 5 * SECOND;
/**
 * How long an answer may take before its connection is closed, ms; the driver's default is no
 * limit.
 */
const WRITE_MS = 15 * SECOND;
/** Longer than the `maxTimeMS` of a query, ms. */
const QUERY_MS = 120 * SECOND;
/**
 * Default of `in_flight`: two cores of the server work on one insert each, while two more are on
 * the network.
 */
const IN_FLIGHT = 4;
/** Connections of the writer beside those of inserts: for state, indexes and retention. */
const WRITER_POOL = 4;
const READER_POOL = 16;

/**
 * The client that writes. Writes wait for a majority and its journal; reads come from the primary,
 * and return only what a majority has. Connects when first used. @throws CordwoodError ERR_CONFIG
 * if the driver rejects the address
 */
export function connectWriter(target: MongoTarget): Connection {
  return connect(target, {
    maxPoolSize: inFlightOf(target) + WRITER_POOL,
    socketTimeoutMS: WRITE_MS,
    readConcern: { level: 'majority' },
    readPreference: ReadPreference.primary,
  });
}

/** The client that reads, and how recent its answers must be. */
export type ReaderConnection = Connection & { readonly freshness: Freshness };

/**
 * The client that reads. It returns only what a majority has, so that nothing it has returned is
 * ever rolled back.
 */
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
      serverSelectionTimeoutMS: CONNECT_MS,
      connectTimeoutMS: CONNECT_MS,
      waitQueueTimeoutMS: WRITE_MS,
      heartbeatFrequencyMS: 2 * SECOND,
      maxConnecting: 4,
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: WRITE_MS - CONNECT_MS },
      ignoreUndefined: true,
      ...options,
    });
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot use the store ${serversOf(uri)}: ${redacted(error, password)}`);
  }
  reconnectOnceClosed(client);
  return { client, db: client.db(database), [Symbol.asyncDispose]: () => client.close() };
}

/**
 * A first connection that fails closes the driver's topology for good: every later operation would
 * end with "Topology is closed". Without a topology, the next operation makes a new one, as the
 * first operation did; after `close()` it is refused.
 */
function reconnectOnceClosed(client: MongoClient): void {
  client.on('topologyClosed', () => {
    (client as { topology?: unknown }).topology = undefined;
  });
}

/** Inserts under way at once. */
export function inFlightOf({ in_flight = IN_FLIGHT }: MongoTarget): number {
  return in_flight;
}

/** The fields with an index. */
export function indexedFieldsOf({ indexes = INDEXED_FIELDS }: Pick<MongoTarget, 'indexes'>): readonly IndexedField[] {
  return indexes;
}

/** The servers of an address, without user and options, for messages. */
export function serversOf(uri: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/)(?:[^/@]*@)?([^/?]*).*$/, '$1$2');
}

function withPassword(uri: string, password: string | undefined): string {
  if (password === undefined) return uri;
  return uri.replace(
    /^(mongodb(?:\+srv)?:\/\/[^/@]*)@/,
    (_, user: string) => `${user}:${encodeURIComponent(password)}@`,
  );
}

function redacted(error: unknown, password: string | undefined): string {
  const reason = reasonOf(error);
  return password ? reason.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***') : reason;
}

/** Wraps an error of the driver: "cannot <what>: <reason>". */
export function mongoError(what: string, error: unknown): CordwoodError {
  if (error instanceof CordwoodError) return error;
  return new CordwoodError('ERR_STORE', `cannot ${what}: ${driverReason(error)}`, { cause: error });
}

/**
 * Why a store could not be opened: ERR_CONFIG if a file of this machine is to blame, ERR_STORE if
 * it is the server, its users or the network, which may recover while Cordwood runs.
 */
export function openError({ uri }: MongoTarget, error: unknown): CordwoodError {
  const file = unreadableFile(error);
  if (file === undefined) return mongoError(`open the store ${serversOf(uri)}`, error);
  const reason = `cannot read ${file}: ${reasonOf(error)}`;
  return new CordwoodError('ERR_CONFIG', `cannot use the store ${serversOf(uri)}: ${reason}`, { cause: error });
}

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { LONGEST_LEASE, type StateChange, type StateEntry, type StoreState } from '../contract.ts';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { createFolder, DATA_FOLDER_MODE } from '../../base/files.ts';
import { DiskReserve } from '../../base/machine/disk-reserve.ts';
import {
  checkFormat,
  type FileFormat,
  isUnusable,
  isUnwritable,
  openForReading,
  openForWriting,
  storeError,
  transaction,
  useWriteAheadLog,
} from './sqlite.ts';
import { DamagedEntry, decodeValue, encodeValue } from './state-values.ts';

/** `CwdS`. */
export const STATE_FORMAT: FileFormat = { applicationId: 0x43776453, version: 1 };

/**
 * Revisions are numbered across all keys, so that a key that was deleted and created again never
 * repeats one.
 */
const SCHEMA = `
  CREATE TABLE state (
    namespace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (namespace, key)
  ) WITHOUT ROWID;
  CREATE TABLE lease (
    namespace TEXT NOT NULL, key TEXT NOT NULL, holder TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (namespace, key)
  ) WITHOUT ROWID;
  CREATE TABLE latest (revision INTEGER NOT NULL);
  INSERT INTO latest VALUES (0);
  PRAGMA application_id = ${STATE_FORMAT.applicationId};
  PRAGMA user_version = ${STATE_FORMAT.version};`;

const READ = 'SELECT key, value, revision FROM state WHERE namespace = ? AND';
const NEXT = 'UPDATE latest SET revision = revision + 1';
const WRITE = `INSERT INTO state SELECT ?, ?, ?, revision FROM latest WHERE true
  ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision`;
const DELETE = 'DELETE FROM state WHERE namespace = ? AND key = ?';
const LEASE = `INSERT INTO lease VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
  SET holder = excluded.holder, until = excluded.until WHERE holder = excluded.holder OR until <= ? OR until > ?`;

type StateRow = { readonly key: string; readonly value: string; readonly revision: number };

/**
 * `state.sqlite`: open in any number of processes; each change is on disk before it is confirmed. On a full disk, changes
 * take the room in reserve.
 */
export class StateFile implements Disposable {
  readonly path: string;
  readonly #now: Clock;
  readonly #reserve: DiskReserve;
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync | undefined;

  constructor(path: string, now: Clock) {
    this.path = path;
    this.#now = now;
    this.#reserve = new DiskReserve(dirname(path));
  }

  namespace(name: string): StoreState {
    return {
      get: async (key) => this.get(name, key),
      put: async (key, value, revision) => this.put(name, key, value, revision),
      scan: async (prefix) => this.scan(name, prefix),
      lease: async (key, holder, ms) => this.lease(name, key, holder, ms),
    };
  }

  get(namespace: string, key: string): StateEntry | undefined {
    return this.#rows(`${READ} key = ?`, namespace, key)[0];
  }

  scan(namespace: string, prefix: string): StateEntry[] {
    return this.#rows(`${READ} key >= ? AND key < ? ORDER BY key`, namespace, prefix, `${prefix}\u{10ffff}`);
  }

  /** Writes (`undefined` deletes) if the key still has `revision`; undefined accepts any revision. */
  put(namespace: string, key: string, value: unknown, revision?: number): boolean {
    let written = false;
    this.#try('write', () =>
      transaction(this.open(), () => {
        written = revision === undefined || (this.get(namespace, key)?.revision ?? 0) === revision;
        if (written) this.#change({ namespace, key, value });
      }),
    );
    return written;
  }

  /** Writes all changes, or none. */
  putAll(changes: readonly StateChange[]): void {
    this.#try('write', () =>
      transaction(this.open(), () => {
        for (const change of changes) this.#change(change);
      }),
    );
  }

  #change({ namespace, key, value }: StateChange): void {
    this.#prepared(NEXT).run();
    if (value === undefined) this.#prepared(DELETE).run(namespace, key);
    else this.#prepared(WRITE).run(namespace, key, encodeValue(namespace, key, value));
  }

  lease(namespace: string, key: string, holder: string, ms: number): boolean {
    const now = this.#now();
    const { changes } = this.#try('write', () =>
      this.#prepared(LEASE).run(namespace, key, holder, now + ms, now, now + LONGEST_LEASE),
    );
    return Number(changes) > 0;
  }

  /** Empty if the file does not exist: reading creates nothing. */
  #rows(sql: string, ...values: readonly string[]): StateEntry[] {
    if (!this.#database && !existsSync(this.path)) return [];
    const namespace = values[0]!;
    return this.#try('read', () => {
      this.#openToRead();
      const rows = this.#prepared(sql).all(...values) as StateRow[];
      return rows.map(({ key, value, revision }) => ({ key, value: decodeValue(namespace, key, value), revision }));
    });
  }

  /** @throws CordwoodError ERR_DATA_VERSION if a newer version wrote the file */
  open(): DatabaseSync {
    if (this.#database) return this.#database;
    createFolder(dirname(this.path), DATA_FOLDER_MODE);
    const database = openForWriting(this.path);
    try {
      if (checkFormat(database, this.path, STATE_FORMAT) === 'empty') this.#create(database);
      database.exec('PRAGMA synchronous = FULL');
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }

  /** On a disk that cannot be written, what is there can still be read. */
  #openToRead(): void {
    try {
      this.open();
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      this.#database = openForReading(this.path);
    }
  }

  /** Several processes may create the tables at the same time. */
  #create(database: DatabaseSync): void {
    useWriteAheadLog(database);
    database.exec('PRAGMA synchronous = FULL');
    transaction(database, () => {
      if (checkFormat(database, this.path, STATE_FORMAT) === 'empty') database.exec(SCHEMA);
    });
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.open().prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #try<Result>(verb: 'read' | 'write', work: () => Result): Result {
    try {
      return verb === 'write' ? this.#reserve.spend(work) : work();
    } catch (error) {
      if (!isUnusable(error) && !(error instanceof DamagedEntry)) throw storeError(`${verb} ${this.path}`, error);
      const reason = `${reasonOf(error)}; restart the server, which sets the file aside and goes on from its copy`;
      throw new CordwoodError('ERR_STORE', `cannot ${verb} ${this.path}: ${reason}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
  }
}

/** The namespace of the store's own entries: safe positions, and the nodes it has rows of. */
export const STORE_STATE = 'store';

export function safeKey(node: number): string {
  return `safe/${node}`;
}

const NODE = 'node/';

export function nodeKey(node: number): string {
  return `${NODE}${node}`;
}

/** Numbers of all nodes that the store may have rows of. */
export function knownNodes(state: StateFile): number[] {
  return state.scan(STORE_STATE, NODE).map(({ value }) => value as number);
}

import { closeSync, existsSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isDiskFull } from '../../base/machine/disk-reserve.ts';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { createFolder, syncFolder } from '../../base/files.ts';
import { isBusy, resultCode, SQLITE } from '../../base/sqlite.ts';

/** Format of a file: SQLite's `application_id` and `user_version`. */
export type FileFormat = { readonly applicationId: number; readonly version: number };

/** The error of a SQLite file that another program made. */
class ForeignFile extends CordwoodError {}

/** ms that a statement waits for the lock of another process. */
const BUSY_TIMEOUT = 5000;
/** ms between two attempts where SQLite does not wait. */
const BUSY_PAUSE = 5;

/**
 * Opens a SQLite file for reading and writing; creates it, and its folder, accessible to this user only.
 * SQLite gives the -wal and -shm the mode of the file.
 */
export function openForWriting(path: string, timeout = BUSY_TIMEOUT): DatabaseSync {
  if (!existsSync(path)) {
    createFolder(dirname(path), 0o700);
    closeSync(openSync(path, 'a', 0o600));
    syncFolder(dirname(path));
  }
  return new DatabaseSync(path, { timeout });
}

/**
 * Opens a SQLite file for reading. SQLite needs an -shm beside it, which a disk that is full or read-only does not take;
 * without one it can read a file that has nothing in its -wal.
 * @throws CordwoodError ERR_STORE if something is in it
 */
export function openForReading(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT });
  try {
    numberOf(database, 'PRAGMA user_version');
    return database;
  } catch (error) {
    if (!isUnwritable(error) || !existsSync(path)) return database;
    database.close();
    if (sizeOf(`${path}-wal`) === 0) {
      return new DatabaseSync(new URL('?immutable=1', pathToFileURL(path)), { readOnly: true });
    }
    const reason = `its newest content is in ${path}-wal, which cannot be read while the disk is full or read-only`;
    const remedy = 'copy the data folder to another disk, and name it with --data';
    throw new CordwoodError('ERR_STORE', `cannot read ${path}: ${reason}; ${remedy}`, { cause: error });
  }
}

/** Whether an error means that SQLite cannot make or change files. */
export function isUnwritable(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE.cannotOpen || code === SQLITE.readOnly || isDiskFull(error);
}

/**
 * Whether the file is `ready`, or `empty` because its process was killed before writing to it.
 * @throws CordwoodError ERR_DATA_VERSION if a newer version wrote it, ERR_STORE if it is not a file
 * of this kind
 */
export function checkFormat(database: DatabaseSync, path: string, format: FileFormat): 'empty' | 'ready' {
  const version = numberOf(database, 'PRAGMA user_version');
  const applicationId = numberOf(database, 'PRAGMA application_id');
  if (version === 0 && applicationId === 0) return 'empty';
  if (applicationId !== format.applicationId) {
    throw new ForeignFile('ERR_STORE', `cannot open ${path}: it is not a Cordwood file of this kind`);
  }
  if (version <= format.version) return 'ready';
  throw new CordwoodError(
    'ERR_DATA_VERSION',
    `cannot open ${path}: it has format ${version}, and this version of Cordwood reads formats up to ` +
      `${format.version}; run the newer version that wrote it, or move the file out of the data folder`,
  );
}

/**
 * Gives a file a write-ahead log. If several processes create a file at the same time, SQLite does not wait for the lock
 * here as it does elsewhere, but fails at once: so this tries again.
 */
export function useWriteAheadLog(database: DatabaseSync): void {
  const until = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE);
    }
  }
}

/** Runs `work` in a transaction, which is rolled back if it throws. */
export function transaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The single number that a statement returns; 0 if it returns no row. */
function numberOf(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get();
  return row ? Number(Object.values(row)[0]) : 0;
}

/** Bytes of a database on disk, including its -wal; 0 if it does not exist. */
export function bytesOnDisk(path: string): number {
  return sizeOf(path) + sizeOf(`${path}-wal`);
}

/** Size and free space of a folder's file system, bytes; undefined if the folder does not exist. */
export function diskOf(path: string): { size: number; free: number } | undefined {
  if (!existsSync(path)) return undefined;
  const { bsize, blocks, bavail } = statfsSync(path);
  return { size: blocks * bsize, free: bavail * bsize };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whether an error means that a file is not, or no longer, a database. */
export function isUnusable(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE.corrupt || code === SQLITE.notDatabase || error instanceof ForeignFile;
}

/** Whether an error is caused by a file's contents, so that another attempt would not help. */
export function isContentError(error: unknown): boolean {
  if (error instanceof CordwoodError) return false;
  return resultCode(error) === undefined || isUnusable(error);
}

/** Whether an error is caused by the file or its disk, and not by a lock or a newer version. */
export function isDamage(error: unknown): boolean {
  return isUnusable(error) || !(error instanceof CordwoodError || isBusy(error));
}

/** Wraps an error of SQLite in one that names the failed action. */
export function storeError(action: string, error: unknown): CordwoodError {
  if (error instanceof CordwoodError) return error;
  return new CordwoodError('ERR_STORE', `cannot ${action}: ${reasonOf(error)}`, { cause: error });
}

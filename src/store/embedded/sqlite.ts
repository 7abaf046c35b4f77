import { closeSync, existsSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { createFolder, syncFolder } from '../../base/files.ts';
import { isBusy, resultCode, SQLITE } from '../../base/sqlite.ts';

/** What a file of ours says of itself: SQLite's `application_id` and `user_version`. */
export type FileFormat = { readonly applicationId: number; readonly version: number };

/** A SQLite file of someone else's. */
class ForeignFile extends CordwoodError {}

/** ms that a statement waits for another process's lock. */
const BUSY_TIMEOUT = 5000;

/**
 * Opens a SQLite file for reading and writing; creates it, and its folder, with rights for nobody else.
 * SQLite gives its -wal and -shm the rights of the file.
 */
export function openForWriting(path: string, timeout = BUSY_TIMEOUT): DatabaseSync {
  if (!existsSync(path)) {
    createFolder(dirname(path), 0o700);
    closeSync(openSync(path, 'a', 0o600));
    syncFolder(dirname(path));
  }
  return new DatabaseSync(path, { timeout });
}

export function openForReading(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT });
}

/**
 * Whether the file is `ready` or has nothing in it yet (a process died before it could).
 * @throws CordwoodError ERR_DATA_VERSION where a newer version wrote it, ERR_STORE where it is no file of this kind
 */
export function checkFormat(database: DatabaseSync, path: string, format: FileFormat): 'empty' | 'ready' {
  const version = numberOf(database, 'PRAGMA user_version');
  const applicationId = numberOf(database, 'PRAGMA application_id');
  if (version === 0 && applicationId === 0) return 'empty';
  if (applicationId !== format.applicationId) {
    throw new ForeignFile('ERR_STORE', `cannot open ${path}: it is not a file of Cordwood's of this kind`);
  }
  if (version <= format.version) return 'ready';
  throw new CordwoodError(
    'ERR_DATA_VERSION',
    `cannot open ${path}: it has format ${version}, and this version of Cordwood knows formats up to ` +
      `${format.version}; run the newer version that wrote it, or move the file out of the data folder`,
  );
}

/** Runs `work` in a transaction of its own; undone where it throws. */
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

/** The one number that a statement yields; 0 where it yields none. */
export function numberOf(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get();
  return row ? Number(Object.values(row)[0]) : 0;
}

/** Bytes that a database takes on disk, its -wal included; 0 where it is not there. */
export function bytesOnDisk(path: string): number {
  return sizeOf(path) + sizeOf(`${path}-wal`);
}

/** The file system of a folder, in bytes; undefined where the folder is not there. */
export function diskOf(path: string): { size: number; free: number } | undefined {
  if (!existsSync(path)) return undefined;
  const { bsize, blocks, bavail } = statfsSync(path);
  return { size: blocks * bsize, free: bavail * bsize };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whether an error says that a file is no database, or none any more. */
export function isUnusable(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE.corrupt || code === SQLITE.notDatabase || error instanceof ForeignFile;
}

/** Whether an error lies in what a file holds, and another try would not help. */
export function isContentError(error: unknown): boolean {
  if (error instanceof CordwoodError) return false;
  return resultCode(error) === undefined || isUnusable(error);
}

/** Whether an error is the file's fault, or its disk's; not so where it is locked, or of a newer version. */
export function isDamage(error: unknown): boolean {
  return isUnusable(error) || !(error instanceof CordwoodError || isBusy(error));
}

/** An error of SQLite's as one that names what could not be done. */
export function storeError(doing: string, error: unknown): CordwoodError {
  if (error instanceof CordwoodError) return error;
  return new CordwoodError('ERR_STORE', `cannot ${doing}: ${reasonOf(error)}`, { cause: error });
}

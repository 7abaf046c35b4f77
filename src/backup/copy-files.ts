import { chmodSync, closeSync, constants, copyFileSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { createFolder, syncFile } from '../base/files.ts';

/** ms to wait for a lock of the server. */
const BUSY_TIMEOUT = 5000;
/** All in one step, which is one read transaction: SQLite begins a copy in steps again whenever the file changes. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies a SQLite database that another process may write to, as it is at one moment; replaces an earlier copy.
 * @returns the bytes of the copy; undefined if there is no database any more @throws what SQLite or the system throws
 */
export async function copyDatabase(from: string, to: string): Promise<number | undefined> {
  rmSync(to, { force: true });
  if (!existsSync(from)) return undefined;
  createFolder(dirname(to), 0o700);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(from, { readOnly: true, timeout: BUSY_TIMEOUT });
    closeSync(openSync(to, 'wx', 0o600));
    await backup(database, to, { rate: ALL_PAGES });
  } catch (error) {
    rmSync(to, { force: true });
    if (existsSync(from)) throw error;
    return undefined;
  } finally {
    database?.close();
  }
  // Deleted meanwhile, perhaps before its -wal was opened, which has the newest messages.
  if (!existsSync(from)) {
    rmSync(to);
    return undefined;
  }
  syncFile(to);
  return statSync(to).size;
}

/** Copies a file that is only ever replaced as a whole. @returns its bytes @throws the system's error */
export function copyFile(from: string, to: string): number {
  createFolder(dirname(to), 0o700);
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const { mode, size } = statSync(from);
  chmodSync(to, mode & 0o777);
  syncFile(to);
  return size;
}

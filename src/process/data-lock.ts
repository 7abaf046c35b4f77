import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { DiskReserve, isDiskFull } from '../base/machine/disk-reserve.ts';
import { createFolder, DATA_FOLDER_MODE } from '../base/files.ts';
import { type RunningServer, readServerPid, serverPidFile, writeServerPid } from '../base/machine/server-pid.ts';
import { type Logger, SILENT } from '../base/log.ts';
import { isBusy } from '../base/sqlite.ts';
import { warnIfShared } from './shared-folder.ts';

/** The lock of a data folder; disposing of it, or the end of the process, releases the folder. */
export interface DataLock extends Disposable {
  readonly holder: RunningServer;
}

/** ms to wait for the lock, in case a killed server's lock is just being cleaned up. */
const BUSY_TIMEOUT = 1000;

/**
 * Locks the data folder for this process and writes `server.pid`; warns if others may write there. Node has no flock, so an
 * exclusive transaction on an empty SQLite file replaces it. Trap: nothing in this process may open
 * and close that file other than through SQLite, or the lock is lost (POSIX advisory locks).
 * @throws CordwoodError ERR_DATA_LOCKED that names the holder, ERR_STORE if this user may not write
 * in the folder
 */
export function acquireLock(folder: string, socket: string, log: Logger = SILENT): DataLock {
  const path = createLockFile(folder);
  warnIfShared(folder, log);
  const database = lockDatabase(path, folder);
  const holder: RunningServer = { pid: process.pid, since: Date.now(), socket };
  try {
    recordHolder(folder, holder);
  } catch (cause) {
    database.close();
    throw new CordwoodError('ERR_STORE', `cannot write ${serverPidFile(folder)}: ${reasonOf(cause)}`, { cause });
  }
  return {
    holder,
    [Symbol.dispose]: () => {
      rmSync(serverPidFile(folder), { force: true });
      database.close();
    },
  };
}

/** On a full disk, a server that cannot be recorded is still the only one that can make room. */
function recordHolder(folder: string, holder: RunningServer): void {
  const reserve = new DiskReserve(folder);
  reserve.letGoIfShort();
  try {
    writeServerPid(folder, holder);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    reserve.letGo();
    // What a killed server left would name that one.
    rmSync(serverPidFile(folder), { force: true });
    try {
      writeServerPid(folder, holder);
    } catch (again) {
      if (!isDiskFull(again)) throw again;
    }
  }
}

function createLockFile(folder: string): string {
  const path = join(folder, 'lock.sqlite');
  try {
    createFolder(folder, DATA_FOLDER_MODE);
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    return path;
  } catch (cause) {
    const remedy = 'let this user write there, or name another folder with --data';
    throw new CordwoodError('ERR_STORE', `cannot serve from ${folder}: ${reasonOf(cause)}; ${remedy}`, { cause });
  }
}

function lockDatabase(path: string, folder: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (!isBusy(error)) {
      throw new CordwoodError('ERR_STORE', `cannot lock ${path}: ${reasonOf(error)}`, { cause: error });
    }
    const who = holderText(folder);
    const remedy = 'stop that server first, or give this one its own folder with --data';
    throw new CordwoodError('ERR_DATA_LOCKED', `cannot serve from ${folder}: ${who} holds it; ${remedy}`);
  }
}

function holderText(folder: string): string {
  try {
    const holder = readServerPid(folder);
    return holder ? `the server with process id ${holder.pid}` : 'another server';
  } catch (cause) {
    throw new CordwoodError('ERR_STORE', `cannot read ${serverPidFile(folder)}: ${reasonOf(cause)}`, { cause });
  }
}

import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import { DATA_FOLDER_MODE } from './files.ts';
import { createFolder, isBusy } from './sqlite.ts';

/** The server that holds a data folder. */
export type Holder = {
  readonly pid: number;
  /** When it took the folder, ms since 1970. */
  readonly since: number;
  /** The path of its control socket. */
  readonly socket: string;
};

/** Held while serving; disposing of it frees the folder, and so does the end of the process, however it comes. */
export interface DataLock extends Disposable {
  readonly holder: Holder;
}

/** ms to wait for a command that looks at the lock at just that moment. */
const PATIENCE = 1000;

/**
 * Takes the data folder for this process and writes `server.pid`. Node has no flock, so an exclusive transaction on
 * an empty SQLite file stands for it. Trap: nothing in this process may open and close that file but through SQLite,
 * or the lock is gone (POSIX advisory locks). @throws CordwoodError ERR_DATA_LOCKED that names the holder,
 * ERR_STORE where this user may not write there
 */
export function acquireLock(folder: string, socket: string): DataLock {
  const path = makeLockFile(folder);
  const database = lockDatabase(path, folder);
  const holder: Holder = { pid: process.pid, since: Date.now(), socket };
  try {
    writeHolder(folder, holder);
  } catch (error) {
    database.close();
    throw new CordwoodError('ERR_STORE', `cannot write ${holderFile(folder)}: ${reasonOf(error)}`, { cause: error });
  }
  return {
    holder,
    [Symbol.dispose]: () => {
      rmSync(holderFile(folder), { force: true });
      database.close();
    },
  };
}

function makeLockFile(folder: string): string {
  const path = lockFile(folder);
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
  const database = new DatabaseSync(path, { timeout: PATIENCE });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (!isBusy(error)) {
      throw new CordwoodError('ERR_STORE', `cannot lock ${path}: ${reasonOf(error)}`, { cause: error });
    }
    const pid = parseHolder(folder)?.pid;
    const who = pid === undefined ? 'another server holds it' : `the server with process id ${pid} holds it`;
    throw new CordwoodError(
      'ERR_DATA_LOCKED',
      `cannot serve from ${folder}: ${who}; stop that one first, or give this one a folder of its own with --data`,
    );
  }
}

/**
 * The server that runs on a data folder; undefined where none does. Who may not open the lock itself (the group that
 * may use the control socket) is answered by whether the process of `server.pid` is alive.
 */
export function readHolder(folder: string): Holder | undefined {
  const holder = parseHolder(folder);
  if (!holder || !isAlive(holder.pid)) return undefined;
  return isLocked(folder) === false ? undefined : holder;
}

function isLocked(folder: string): boolean | undefined {
  if (!existsSync(lockFile(folder))) return false;
  try {
    using database = new DatabaseSync(lockFile(folder), { readOnly: true });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    return isBusy(error) ? true : undefined;
  }
}

/** Three lines: the process id, when it began (ISO 8601), its control socket. */
function writeHolder(folder: string, { pid, since, socket }: Holder): void {
  const path = holderFile(folder);
  const descriptor = openSync(`${path}.new`, 'w', 0o640);
  try {
    fchmodSync(descriptor, 0o640);
    writeSync(descriptor, `${pid}\n${new Date(since).toISOString()}\n${socket}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}

function parseHolder(folder: string): Holder | undefined {
  try {
    const [pid = '', since = '', socket = ''] = readFileSync(holderFile(folder), 'utf8').split('\n');
    return /^[1-9]\d*$/.test(pid) && socket ? { pid: Number(pid), since: Date.parse(since), socket } : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new CordwoodError('ERR_STORE', `cannot read ${holderFile(folder)}: ${reasonOf(error)}`, { cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function lockFile(folder: string): string {
  return join(folder, 'lock.sqlite');
}

function holderFile(folder: string): string {
  return join(folder, 'server.pid');
}

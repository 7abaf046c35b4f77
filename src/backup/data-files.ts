import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../base/errors.ts';

/** The folder of the spool; its files are copied by the spool itself. */
export const SPOOL = 'spool';
/** The state of the store: what is counted, held and sent, and how far messages are safe. */
export const STATE = 'state.sqlite';
const MAGIC = 'SQLite format 3\0';
/** What belongs to a running server, or is made again, or is a piece of a database. */
const LEFT_OUT =
  /^(server\.pid|lock\.sqlite.*|reserve|state\.sqlite\.copy|.*\.new|.*\.damaged-.*|.*-(wal|shm|journal))$/;

/** The files of a data folder that a backup has, beside the spool, relative to the folder. */
export type DataFiles = { readonly databases: readonly string[]; readonly others: readonly string[] };

/** @throws the system's error */
export function listDataFiles(folder: string): DataFiles {
  const databases: string[] = [];
  const others: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (!entry.isFile() || LEFT_OUT.test(entry.name) || path.startsWith(`${SPOOL}/`)) continue;
    const kind = isDatabase(join(folder, path));
    if (kind !== undefined) (kind ? databases : others).push(path);
  }
  return { databases: databases.sort(), others: others.sort() };
}

/** @returns undefined if the file is gone */
function isDatabase(path: string): boolean | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const head = Buffer.alloc(MAGIC.length);
    readSync(descriptor, head, 0, head.length, 0);
    return head.toString('latin1') === MAGIC;
  } finally {
    closeSync(descriptor);
  }
}

/** A file system's clock may stand still for so long between two writes, ms. */
const CLOCK_STEP = 100;

/**
 * Changes whenever a database is written to; undefined if it does not exist, or was written to so lately that another
 * write could leave it the same.
 */
export function versionOf(path: string): string | undefined {
  const files = [path, `${path}-wal`].flatMap((one) => statSync(one, { bigint: true, throwIfNoEntry: false }) ?? []);
  const isSettled = files.every(({ mtimeMs }) => Math.abs(Date.now() - Number(mtimeMs)) > CLOCK_STEP);
  if (files.length === 0 || !isSettled) return undefined;
  return files.map(({ mtimeNs, size }) => `${mtimeNs} ${size}`).join(' ');
}

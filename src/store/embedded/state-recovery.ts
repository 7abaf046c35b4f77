import { closeSync, copyFileSync, constants, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { syncFile, syncFolder } from '../../base/files.ts';
import type { Logger } from '../../base/log.ts';
import { decodeId } from '../../model/id.ts';
import type { StateRecovery } from '../contract.ts';
import { listParts, listStreams } from './files.ts';
import { ReadPart } from './handles.ts';
import { checkFormat, isUnusable, openForWriting, useWriteAheadLog } from './sqlite.ts';
import { STATE_FORMAT } from './state.ts';
import { DamagedEntry, decodeValue } from './state-values.ts';
import { rawResultCode, resultCode, SQLITE } from '../../base/sqlite.ts';

const WHAT = 'counts, alerts, holds and the host ledger';

/** Where the copy of the state lies. */
export function copyOf(path: string): string {
  return `${path}.copy`;
}

/** Writes a copy of the state, which replaces the last one once it is whole and on disk. @throws what SQLite or the system throws */
export function copyState(database: DatabaseSync, path: string): void {
  const made = `${copyOf(path)}.new`;
  rmSync(made, { force: true });
  closeSync(openSync(made, 'wx', 0o600));
  database.prepare('VACUUM INTO ?').run(made);
  const reason = damageOf(made);
  if (reason !== undefined) throw new CordwoodError('ERR_STORE', `cannot copy ${path}: ${reason}`);
  syncFile(made);
  renameSync(made, copyOf(path));
  syncFolder(dirname(path));
}

/**
 * Before a writer opens the state: if the file is damaged, sets it aside, and puts its last copy in its place. Without a
 * copy, the state begins again with what the parts tell.
 * @param root the folder of all streams
 * @returns undefined if the state is whole, or nothing was ever stored
 */
export function recoverState(path: string, root: string, now: number, log: Logger): StateRecovery | undefined {
  const isMissing = !existsSync(path);
  const hasCopy = existsSync(copyOf(path));
  const reason = isMissing ? 'it is missing' : damageOf(path, hasCopy);
  const parts = reason === undefined ? [] : listStreams(root).flatMap((stream) => listParts(root, stream));
  if (reason === undefined || (isMissing && !hasCopy && parts.length === 0)) return undefined;
  const aside = setAside(path, now);
  const kept = aside === undefined ? '' : `; it is kept as ${aside}`;
  const say = (goesOn: string): void => log.error({ file: path }, `cannot use ${path}: ${reason}${kept}; ${goesOn}`);
  const copied = hasCopy ? putBack(path) : undefined;
  if (copied !== undefined) {
    const at = new Date(copied).toISOString();
    say(`${WHAT} go on from its copy of ${at}: what changed in them since is gone, messages are not`);
    return { from: Math.min(copied, now - 1), to: now };
  }
  say(`${WHAT} begin again; messages are not affected`);
  const days = parts.map(({ day }) => Date.parse(day));
  return { from: Math.min(now - 1, ...days), to: now, nodes: nodesIn(parts.map((file) => file.path)) };
}

/** Renames the file and its -wal, so that nothing of it is lost; @returns the new path, undefined if it was not there */
function setAside(path: string, now: number): string | undefined {
  const stamp = new Date(now).toISOString().replaceAll(':', '-');
  let aside = `${path}.damaged-${stamp}`;
  for (let n = 2; existsSync(aside); n++) aside = `${path}.damaged-${stamp}-${n}`;
  rmSync(`${path}-shm`, { force: true });
  // First the -wal: a new file of the same name would use it as its own.
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  const isThere = existsSync(path);
  if (isThere) renameSync(path, aside);
  syncFolder(dirname(path));
  return isThere ? aside : undefined;
}

/** @returns when the copy was made, ms; undefined if it is damaged, too */
function putBack(path: string): number | undefined {
  const copy = copyOf(path);
  if (damageOf(copy, true) !== undefined) return undefined;
  const { mtime } = statSync(copy);
  const made = `${path}.new`;
  rmSync(made, { force: true });
  copyFileSync(copy, made, constants.COPYFILE_EXCL);
  const database = openForWriting(made);
  useWriteAheadLog(database);
  database.close();
  syncFile(made);
  renameSync(made, path);
  syncFolder(dirname(path));
  return mtime.getTime();
}

/**
 * Why a file of the state cannot be used; undefined if it can.
 * @param mustHaveTables an empty file is damaged, too
 * @throws CordwoodError ERR_DATA_VERSION if a newer version wrote it, and what has nothing to do with its content
 */
function damageOf(path: string, mustHaveTables = true): string | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = openForWriting(path);
    if (checkFormat(database, path, STATE_FORMAT) === 'empty') return mustHaveTables ? 'it is empty' : undefined;
    const [found] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
    if (found !== 'ok') return String(found);
    const rows = database.prepare('SELECT namespace, key, value, revision FROM state').iterate();
    for (const { namespace, key, value } of rows) decodeValue(String(namespace), String(key), String(value));
    const latest = database.prepare('SELECT count(*) AS rows, max(revision) AS revision FROM latest').get();
    const highest = database.prepare('SELECT max(revision) AS revision FROM state').get();
    database.prepare('SELECT namespace, key, holder, until FROM lease').all();
    if (latest?.['rows'] !== 1 || !(Number(latest['revision']) >= Number(highest?.['revision']))) {
      return 'its revisions are damaged';
    }
    return undefined;
  } catch (error) {
    if (!isDamaged(error)) throw error;
    return reasonOf(error);
  } finally {
    database?.close();
  }
}

/** Whether the content of the file is to blame: a schema that is damaged is an error in SQL, a file that is cut a short read. */
function isDamaged(error: unknown): boolean {
  if (error instanceof DamagedEntry || isUnusable(error)) return true;
  return resultCode(error) === SQLITE.error || rawResultCode(error) === SQLITE.shortRead;
}

/** The nodes that have rows in these parts; last the one of the newest row. */
function nodesIn(paths: readonly string[]): number[] {
  const last = new Map<number, string>();
  for (const path of paths) {
    try {
      using part = new ReadPart(path);
      for (const { first, last: end } of part.spans('', 'g', false, -1)) {
        for (const id of [first, end]) {
          const node = decodeId(id)?.node;
          if (node !== undefined && id > (last.get(node) ?? '')) last.set(node, id);
        }
      }
    } catch {
      // The stream reports a part that cannot be read.
    }
  }
  return [...last].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([node]) => node);
}

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { carryOverCoverage } from '../account/index.ts';
import { wallClock } from '../base/clock.ts';
import { Counters } from '../base/counters.ts';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { createFolder, DATA_FOLDER_MODE } from '../base/files.ts';
import { NODES } from '../cluster/contract.ts';
import { nodeNumber } from '../cluster/index.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import { controlSocket } from '../http/contract.ts';
import { carryOverPipeline, drainSpool } from '../ingest/index.ts';
import { acquireLock } from '../process/index.ts';
import { openSpool, SPOOL_COUNTERS } from '../spool/index.ts';
import type { StoreWriter } from '../store/contract.ts';
import { storeOf } from '../stores/index.ts';
import type { Restored, RestoreOptions } from './contract.ts';
import { copyFile } from './copy-files.ts';
import { SPOOL } from './data-files.ts';
import { MANIFEST, readManifest } from './manifest.ts';

/**
 * Puts a backup in place as the data folder of a server. What waits in its spool is stored; then the spool gets another
 * name, since the server that the backup is of may go on under the old one, with the same numbers for other messages.
 * @throws CordwoodError; the backup is never changed
 */
export async function restore(settings: Settings, { from }: RestoreOptions): Promise<Restored> {
  const { data } = settings;
  const { until } = readManifest(from);
  check(settings);
  try {
    copyTree(from, data);
    using _lock = acquireLock(data, controlSocket(data));
    await using store = await openWriter(settings);
    const folder = join(data, SPOOL);
    const { node, stored } = await drainSpool({ settings, store, folder });
    rmSync(folder, { recursive: true });
    const next = await beginSpool(folder, store);
    const state = (name: string) => store.state(name);
    await carryOverCoverage(state, { from: node, to: next, aliveAt: until });
    await carryOverPipeline(state, { from: node, to: next });
    return { until, stored };
  } catch (error) {
    if (error instanceof CordwoodError) throw error;
    const remedy = 'remove what is there, and try again';
    throw new CordwoodError('ERR_STORE', `cannot restore to ${data}: ${reasonOf(error)}; ${remedy}`, { cause: error });
  }
}

function check({ data, store }: Settings): void {
  if (store.kind !== 'embedded') {
    const remedy = "restore the database by MongoDB's own tools, such as mongorestore";
    throw new CordwoodError('ERR_CONFIG', `cannot restore to ${data}: the configuration stores in MongoDB; ${remedy}`);
  }
  if (!existsSync(data) || readdirSync(data).length === 0) return;
  const remedy = 'stop its server and move it away, or name another folder with --data';
  throw new CordwoodError('ERR_CONFIG', `cannot restore to ${data}: the folder is not empty; ${remedy}`);
}

function copyTree(from: string, to: string): void {
  createFolder(to, DATA_FOLDER_MODE);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(from.length + 1);
    if (entry.isFile() && path !== MANIFEST) copyFile(join(from, path), join(to, path));
  }
}

/** Begins a spool with a new name. @returns its number in the store */
async function beginSpool(folder: string, store: StoreWriter): Promise<number> {
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSpool({ folder, counters, startClock: await store.latest() });
  return await nodeNumber(store.state(NODES), spool.nonce);
}

async function openWriter(settings: Settings): Promise<StoreWriter> {
  const { openWriter: open } = await storeOf(settings);
  return await open({ ...retentionOf(settings), folder: settings.data, now: wallClock });
}

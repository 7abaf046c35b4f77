import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wallClock } from '../base/clock.ts';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { createFolder, DATA_FOLDER_MODE } from '../base/files.ts';
import { version } from '../base/version.ts';
import { NODES } from '../cluster/contract.ts';
import { nodesByNonce } from '../cluster/index.ts';
import type { Settings } from '../config/index.ts';
import { nonceOf, SpoolCopy } from '../spool/index.ts';
import { openStoreReader } from '../stores/index.ts';
import type { BackedUp, BackupOptions } from './contract.ts';
import { copyDatabase, copyFile } from './copy-files.ts';
import { listDataFiles, SPOOL, STATE, versionOf } from './data-files.ts';
import { writeManifest } from './manifest.ts';

/** How often the spool is looked at meanwhile, ms. */
const SPOOL_MS = 200;
/** How often the copy begins again because retention deleted a part of the store meanwhile. */
const MOST_ROUNDS = 10;
/** Before it begins again, ms: retention deletes several parts in one go. */
const ROUND_MS = 1000;

/**
 * Copies a data folder while a server writes to it. What is in it belongs together as after a power loss: first the
 * state, which says up to where messages are safe; then the store, which has at least these; then the spool, with all
 * that came after. @throws CordwoodError ERR_CONFIG, ERR_STORE, ERR_SPOOL; nothing of the copy is left then
 */
export async function backUp(settings: Settings, options: BackupOptions): Promise<BackedUp> {
  const { data } = settings;
  const to = resolve(options.to);
  check(settings, to);
  try {
    createFolder(to, DATA_FOLDER_MODE);
    const safe = await safeSequence(settings);
    return await new Backup(data, to, options).run(safe);
  } catch (error) {
    for (const name of existsSync(to) ? readdirSync(to) : []) rmSync(join(to, name), { recursive: true });
    if (error instanceof CordwoodError || options.signal.aborted) throw error;
    throw new CordwoodError('ERR_STORE', `cannot back up ${data} to ${to}: ${reasonOf(error)}`, { cause: error });
  }
}

function check({ data, store }: Settings, to: string): void {
  if (store.kind !== 'embedded') {
    const remedy = "back up the database by MongoDB's own tools, such as mongodump";
    throw new CordwoodError('ERR_CONFIG', `cannot back up ${data}: its messages are in MongoDB; ${remedy}`);
  }
  if (!existsSync(join(data, SPOOL))) {
    const remedy = 'name the data folder of a server with --data';
    throw new CordwoodError('ERR_CONFIG', `cannot back up ${data}: it has no messages; ${remedy}`);
  }
  if (!relative(resolve(data), to).startsWith('..')) {
    throw new CordwoodError(
      'ERR_CONFIG',
      `cannot back up to ${to}: it lies in the data folder; name a folder elsewhere`,
    );
  }
  if (existsSync(to) && readdirSync(to).length > 0) {
    const remedy = 'name a new folder, or remove it if it is of a backup that was interrupted';
    throw new CordwoodError('ERR_CONFIG', `cannot back up to ${to}: the folder is not empty; ${remedy}`);
  }
}

/** The last sequence of the spool that is safe in the store now; 0 if none is. */
async function safeSequence(settings: Settings): Promise<number> {
  await using store = await openStoreReader(settings, wallClock);
  const node = (await nodesByNonce(store.state(NODES))).get(nonceOf(join(settings.data, SPOOL)) ?? '');
  return node === undefined ? 0 : ((await store.safe(node))?.sequence ?? 0);
}

class Backup {
  readonly #from: string;
  readonly #to: string;
  readonly #options: BackupOptions;
  /** Databases that are copied: what they were like before, and the bytes of the copy. */
  readonly #copied = new Map<string, { readonly version: string | undefined; readonly bytes: number }>();

  constructor(from: string, to: string, options: BackupOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  async run(safe: number): Promise<BackedUp> {
    const from = this.#from;
    // What does not change any more is copied first: less has to be read again from the spool.
    for (const path of this.#parts()) await this.#copy(path);
    const folders = { from: join(from, SPOOL), to: join(this.#to, SPOOL) };
    const last = await (async () => {
      using spool = new SpoolCopy({ ...folders, after: safe });
      await this.#whileFollowing(spool, () => this.#copyStore());
      return await spool.finish();
    })();
    let bytes = 0;
    for (const path of listDataFiles(from).others) bytes += copyFile(join(from, path), join(this.#to, path));
    for (const copy of this.#copied.values()) bytes += copy.bytes;
    const until = last.receivedAt > 0 ? last.receivedAt : Date.now();
    writeManifest(this.#to, { format: 1, version: version(), source: from, until, sequence: last.sequence });
    return { until, bytes };
  }

  #parts(): readonly string[] {
    return listDataFiles(this.#from).databases.filter((path) => path !== STATE);
  }

  /**
   * Copies the state, and then every part that has changed, until no part vanishes meanwhile: the state lists the parts,
   * so one that it still lists and that is not in the copy would look lost.
   */
  async #copyStore(): Promise<void> {
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      const before = this.#parts();
      await this.#copy(STATE);
      const parts = new Set(this.#parts());
      for (const path of [...this.#copied.keys()].filter((one) => one !== STATE && !parts.has(one))) this.#drop(path);
      if ((await this.#copyAll(parts)) && before.every((path) => parts.has(path))) return;
      await sleep(ROUND_MS, undefined, { signal: this.#options.signal });
    }
    const remedy = 'try again at a quieter time, or raise keep or max_size for a while';
    const reason = 'retention deletes parts of the store faster than they are copied';
    throw new CordwoodError('ERR_STORE', `cannot back up ${this.#from}: ${reason}; ${remedy}`);
  }

  #drop(path: string): void {
    this.#copied.delete(path);
    rmSync(join(this.#to, path));
  }

  /** @returns whether all of them still exist */
  async #copyAll(paths: Iterable<string>): Promise<boolean> {
    for (const path of paths) if (!(await this.#copy(path))) return false;
    return true;
  }

  /** Copies a database unless it has not changed since. @returns whether it exists */
  async #copy(path: string): Promise<boolean> {
    const { signal, onProgress } = this.#options;
    signal.throwIfAborted();
    const found = versionOf(join(this.#from, path));
    if (path !== STATE && found !== undefined && this.#copied.get(path)?.version === found) return true;
    const bytes = await copyDatabase(join(this.#from, path), join(this.#to, path));
    if (bytes === undefined) {
      this.#copied.delete(path);
      return false;
    }
    this.#copied.set(path, { version: found, bytes });
    onProgress(bytes);
    return true;
  }

  async #whileFollowing(spool: SpoolCopy, work: () => Promise<void>): Promise<void> {
    spool.pass();
    const done = new AbortController();
    const following = (async () => {
      while (!done.signal.aborted) {
        await sleep(SPOOL_MS, undefined, { signal: done.signal }).catch(() => {});
        spool.pass();
      }
    })();
    try {
      await Promise.race([work(), following]);
    } finally {
      done.abort();
    }
    await following;
  }
}

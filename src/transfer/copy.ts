import { wallClock } from '../base/clock.ts';
import { CordwoodError } from '../base/errors.ts';
import type { Copied, CopyOptions } from '../cli/contract.ts';
import { readSecret, retentionOf, type Settings } from '../config/index.ts';
import type { StoreOpeners, StoreReader } from '../store/contract.ts';
import { loadStore } from '../store/load.ts';
import { mongoSchema } from '../store/mongo/settings.ts';
import { compareCopies, type Copying, copyMessages } from './copying.ts';
import { storeOf } from '../assembly/stores.ts';

/** Copies the embedded store of the settings' data folder into MongoDB, and counts both sides. @throws CordwoodError */
export async function copyTo(settings: Settings, options: CopyOptions): Promise<Copied> {
  const { openReader, openWriter } = await targetOf(settings, options);
  const store = { ...retentionOf(settings), folder: settings.data, now: wallClock };
  const embedded = await loadStore({ kind: 'embedded' });
  await using source = await embedded.openReader(store);
  await using writer = await openWriter(store);
  await using reader = await openReader(store);
  const held = await heldBy(source);
  const copying: Copying = {
    source,
    target: { writer, reader },
    signal: options.signal,
    onProgress: (copied, reached) => options.onProgress(copied, held, reached),
    onFailure: options.onFailure,
  };
  const messages = await copyMessages(copying);
  return { messages, streams: options.signal.aborted ? [] : await compareCopies(copying) };
}

/** What of the settings a flag of the command stands for. */
const FLAGS: Readonly<Record<string, string>> = { uri: 'to', password: 'password-file' };

async function targetOf(settings: Settings, options: CopyOptions): Promise<StoreOpeners> {
  const { uri, database, passwordFile } = options;
  if (uri === undefined) {
    if (settings.store.kind === 'mongodb') return await storeOf(settings);
    const remedy = 'say --to mongodb://db1,db2,db3/?replicaSet=logs, or configure it';
    throw new CordwoodError('ERR_USAGE', `cannot copy: nothing says where to; ${remedy}`);
  }
  const password = passwordFile === undefined ? undefined : { file: passwordFile };
  const given = { kind: 'mongodb', uri, ...(database && { database }), ...(password && { password }) };
  const { data, error } = mongoSchema.safeParse(given);
  if (!data) {
    const [issue] = error.issues;
    const flag = FLAGS[String(issue?.path[0])] ?? issue?.path.join('.');
    throw new CordwoodError('ERR_USAGE', `cannot copy: --${flag} ${issue?.message}`);
  }
  return await loadStore(data, password && readSecret(password, process.env));
}

async function heldBy(source: StoreReader): Promise<number> {
  return (await source.stats()).days.reduce((sum, { messages }) => sum + messages, 0);
}

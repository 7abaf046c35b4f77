import { wallClock } from '../base/clock.ts';
import { CordwoodError } from '../base/errors.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import type { StoreReader } from '../store/contract.ts';
import { mongoSchema } from '../store/registry.ts';
import type { Copied, CopyOptions, OpenStore } from './contract.ts';
import { compareCopies, copyMessages } from './copy-messages.ts';
import type { Copying } from './copy-sink.ts';

/**
 * Copies the embedded store of the settings' data folder into MongoDB, then counts both sides.
 * @throws CordwoodError
 */
export async function copyToMongo(settings: Settings, options: CopyOptions, openStore: OpenStore): Promise<Copied> {
  const { openReader, openWriter } = await openStore({ store: targetOf(settings, options) });
  const store = { ...retentionOf(settings), folder: settings.data, now: wallClock };
  const embedded = await openStore({ store: { kind: 'embedded' } });
  await using source = await embedded.openReader(store);
  await using writer = await openWriter(store);
  await using reader = await openReader(store);
  const total = await countMessages(source);
  const copying: Copying = {
    source,
    target: { writer, reader },
    signal: options.signal,
    onProgress: (copied, copiedUntil) => options.onProgress(copied, total, copiedUntil),
    onFailure: options.onFailure,
  };
  const messages = await copyMessages(copying);
  return { messages, streams: options.signal.aborted ? [] : await compareCopies(copying) };
}

/** The command-line flag that sets each key of `store:`. */
const FLAGS: Readonly<Record<string, string>> = { uri: 'to', password: 'password-file' };

function targetOf(settings: Settings, options: CopyOptions): Settings['store'] {
  const { uri, database, passwordFile } = options;
  if (uri === undefined) {
    if (settings.store.kind === 'mongodb') return settings.store;
    const remedy = 'give --to mongodb://db1,db2,db3/?replicaSet=logs, or configure store:';
    throw new CordwoodError('ERR_USAGE', `cannot copy: no target; ${remedy}`);
  }
  const password = passwordFile === undefined ? undefined : { file: passwordFile };
  const given = { kind: 'mongodb', uri, ...(database && { database }), ...(password && { password }) };
  const { data, error } = mongoSchema.safeParse(given);
  if (!data) {
    const [issue] = error.issues;
    const flag = FLAGS[String(issue?.path[0])] ?? issue?.path.join('.');
    throw new CordwoodError('ERR_USAGE', `cannot copy: --${flag} ${issue?.message}`);
  }
  return data;
}

async function countMessages(source: StoreReader): Promise<number> {
  return (await source.stats()).days.reduce((sum, { messages }) => sum + messages, 0);
}

import { wallClock } from '../base/clock.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import type { StoreReader } from '../store/contract.ts';
import type { Copied, CopyOptions, OpenStore } from './contract.ts';
import { compareCopies, copyMessages } from './copy-messages.ts';
import type { Copying } from './copy-sink.ts';
import { targetOf } from './target.ts';

/**
 * Copies the embedded store of the settings' data folder into MongoDB, then counts both sides.
 * @throws CordwoodError
 */
export async function copyToMongo(settings: Settings, options: CopyOptions, openStore: OpenStore): Promise<Copied> {
  const { openReader, openWriter } = await openStore({ store: targetOf('copy', settings, options) });
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

async function countMessages(source: StoreReader): Promise<number> {
  return (await source.stats()).days.reduce((sum, { messages }) => sum + messages, 0);
}

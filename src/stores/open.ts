import type { Clock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { nodeNumber } from '../cluster/index.ts';
import { readSecret, retentionOf, type Settings } from '../config/index.ts';
import type { StoreOpeners, StoreReader } from '../store/contract.ts';
import { expiryLines, loadStore } from '../store/index.ts';

/** Above the commands that drop indexes. */
const SPARE = 'indexes that this configuration does not name; if no other receiver names them, drop them in mongosh:';

/** Loads the code of the store in the settings. @throws CordwoodError ERR_CONFIG if its password cannot be read */
export async function storeOf({ store }: Pick<Settings, 'store'>): Promise<StoreOpeners> {
  const reference = 'password' in store ? store.password : undefined;
  const password = reference && readSecret(reference, process.env);
  return await loadStore(store, { password, nodeNumber });
}

/** Opens the store of the settings for reading. @throws CordwoodError */
export async function openStoreReader(settings: Settings, now: Clock, log?: Logger): Promise<StoreReader> {
  const { openReader } = await storeOf(settings);
  return await openReader({ ...retentionOf(settings), folder: settings.data, now, ...(log && { log }) });
}

/** The notes of `check-config` on a store that is a server of its own: when each of its collections expires, and which indexes may be dropped. */
export async function checkStore(settings: Settings): Promise<string[]> {
  if (settings.store.kind === 'embedded') return [];
  try {
    await using store = await openStoreReader(settings, Date.now);
    const lines = expiryLines((await store.expiries?.()) ?? [], settings.streams);
    if (lines.length === 0) return ['the store has no collections yet: serve creates them'];
    const spare = (await store.spareIndexes?.()) ?? [];
    return spare.length > 0 ? [...lines, SPARE, ...spare] : lines;
  } catch (error) {
    return [`cannot read from the store: ${reasonOf(error)}`];
  }
}

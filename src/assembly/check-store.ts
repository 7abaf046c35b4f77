import { reasonOf } from '../base/errors.ts';
import type { Settings } from '../config/index.ts';
import { expiryLines } from '../store/index.ts';
import { openStoreReader } from './stores.ts';

/** The notes of `check-config` on a store that is a server of its own: when each of its collections expires. */
export async function checkStore(settings: Settings): Promise<string[]> {
  if (settings.store.kind === 'embedded') return [];
  try {
    await using store = await openStoreReader(settings, Date.now);
    const lines = expiryLines((await store.expiries?.()) ?? [], settings.streams);
    return lines.length > 0 ? lines : ['the store has no collections yet: serve creates them'];
  } catch (error) {
    return [`cannot read from the store: ${reasonOf(error)}`];
  }
}

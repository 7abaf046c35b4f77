import { nodeNumber } from '../cluster/index.ts';
import { readSecret, type Settings } from '../config/index.ts';
import type { StoreOpeners } from '../store/contract.ts';
import { loadStore } from '../store/index.ts';

/** The code of the store that the settings name. @throws CordwoodError ERR_CONFIG where its password cannot be read */
export async function storeOf({ store }: Pick<Settings, 'store'>): Promise<StoreOpeners> {
  const reference = 'password' in store ? store.password : undefined;
  const password = reference && readSecret(reference, process.env);
  return await loadStore(store, { password, nodeNumber });
}

import type { StoreState } from '../store/contract.ts';
import type { RelayReport, RelayRow } from './contract.ts';

/** Writes what a node knows of its relays; only the node itself does so. @param state the namespace `RELAYS` */
export async function reportRelays(state: StoreState, node: number, relays: readonly RelayReport[]): Promise<void> {
  const key = String(node);
  const known = await state.get(key);
  await state.put(key, relays, known?.revision ?? 0);
}

/** What each node last reported of its relays, sorted by the name of the relay. @param state the namespace `RELAYS` */
export async function readRelays(state: StoreState): Promise<RelayRow[]> {
  const rows = (await state.scan('')).flatMap(({ key, value }) =>
    (value as RelayReport[]).map((report): RelayRow => ({ ...report, node: Number(key) })),
  );
  return rows.sort((a, b) => (a.relay < b.relay ? -1 : a.relay > b.relay ? 1 : a.node - b.node));
}

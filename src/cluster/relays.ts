import type { StoreState } from '../store/contract.ts';
import { type KnownNode, NODES, RELAYS, type RelayReport } from './contract.ts';
import { readReports } from './nodes.ts';

/** Writes what a node knows of its relays; only the node itself does so. @param state the namespace `RELAYS` */
export async function reportRelays(state: StoreState, node: number, relays: readonly RelayReport[]): Promise<void> {
  const key = String(node);
  const known = await state.get(key);
  await state.put(key, relays, known?.revision ?? 0);
}

async function relaysByNode(state: StoreState): Promise<Map<number, readonly RelayReport[]>> {
  const entries = await state.scan('');
  return new Map(entries.map(({ key, value }) => [Number(key), value as RelayReport[]]));
}

/** What all nodes last reported of their relays. @param state the state of a namespace */
export async function readRelays(state: (namespace: string) => StoreState): Promise<RelayReport[]> {
  return [...(await relaysByNode(state(RELAYS))).values()].flat();
}

/** The last report of each node, by number, with its relays. @param state the state of a namespace */
export async function readKnownNodes(state: (namespace: string) => StoreState): Promise<KnownNode[]> {
  const relays = await relaysByNode(state(RELAYS));
  return (await readReports(state(NODES))).map(({ report }) => {
    const own = relays.get(report.node) ?? [];
    return own.length === 0 ? report : { ...report, relays: own.toSorted((a, b) => (a.relay < b.relay ? -1 : 1)) };
  });
}

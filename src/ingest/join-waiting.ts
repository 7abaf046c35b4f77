import { existsSync } from 'node:fs';
import { wallClock } from '../base/clock.ts';
import { type CurrentPositions, knownNodes, readPositions } from '../cluster/index.ts';
import type { Settings } from '../config/index.ts';
import { HOST_ZONES } from '../hosts/contract.ts';
import { hostZonesIn } from '../hosts/index.ts';
import { nonceOf } from '../spool/index.ts';
import type { StoreReader } from '../store/contract.ts';
import { joinStores, openMemoryStore } from '../store/index.ts';
import { readWaiting, type WaitingMessages } from './read-waiting.ts';

/** The store joined with the messages that wait in the spool, if this data folder has one. */
export type WithWaiting = CurrentPositions & {
  readonly store: StoreReader;
  readonly own?: { readonly node: number; readonly waiting: WaitingMessages };
};

/** Joins the store with the messages in the spool that are not stored yet. */
export async function joinWaiting(store: StoreReader, settings: Settings, folder: string): Promise<WithWaiting> {
  const nodes = await knownNodes(store.state('nodes'));
  const isShared = settings.store.kind !== 'embedded';
  const nonce = existsSync(folder) ? nonceOf(folder) : undefined;
  if (nonce === undefined) return { store, ...(await readPositions(store, undefined, isShared ? undefined : nodes)) };
  // A server that was killed before it got a number gets the next one.
  const known = (await store.state('nodes').get(`nonce/${nonce}`))?.value as number | undefined;
  const node = known ?? Math.max(0, ...nodes) + 1;
  const memory = openMemoryStore({ now: wallClock, streams: settings.streams });
  const hostZones = await hostZonesIn(store.state(HOST_ZONES));
  const parts = { settings, folder, store, node, safe: await store.safe(node), hostZones };
  const waiting = await readWaiting(parts, (batch) => memory.writer.insert(batch));
  const others = nodes.filter((one) => one !== node);
  // The next server continues as this node: a cursor must name the last message that exists.
  const positions = await readPositions(store, waiting.end, isShared ? undefined : others);
  return { store: joinStores(store, memory.reader), ...positions, own: { node, waiting } };
}

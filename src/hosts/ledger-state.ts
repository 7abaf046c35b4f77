import { createHash } from 'node:crypto';
import type { StateEntry, StoreState } from '../store/contract.ts';
import type { HostRow } from './ledger.ts';

/** The rows are split over this many values, so that none grows too large. */
const SHARDS = 64;
const ROWS = 'hosts/rows/';
const META = 'hosts/meta';
const ORDERS = 'hosts/orders';

/**
 * How far the ledger has counted messages: the last id of each node, and the last whole minute, ms.
 */
export type LedgerProgress = { readonly cursor: readonly string[]; readonly minute: number };

/** A change requested on the command line. */
export type LedgerOrder =
  | { readonly expect: readonly string[]; readonly within?: number }
  | { readonly retire: string };

/** All hosts as last written, sorted by name. */
export async function storedHosts(state: StoreState): Promise<HostRow[]> {
  const rows = (await state.scan(ROWS)).flatMap(({ value }) => value as HostRow[]);
  return rows.sort((a, b) => (a.host < b.host ? -1 : 1));
}

export async function storedProgress(state: StoreState): Promise<LedgerProgress | undefined> {
  return (await state.get(META))?.value as LedgerProgress | undefined;
}

/**
 * Writes the rows first: after a crash in between, a minute is counted twice, and none is missed.
 */
export async function saveLedger(state: StoreState, rows: readonly HostRow[], progress: LedgerProgress): Promise<void> {
  const shards = Map.groupBy(rows, ({ host }) => shardOf(host));
  const written = new Map((await state.scan(ROWS)).map((entry) => [entry.key, entry]));
  for (let shard = 0; shard < SHARDS; shard++) {
    const key = `${ROWS}${shard}`;
    await write(state, { key, before: written.get(key), value: shards.get(shard) });
  }
  await write(state, { key: META, before: await state.get(META), value: progress });
}

type Change = { readonly key: string; readonly before: StateEntry | undefined; readonly value: unknown };

/** Overwrites the current value: only one process at a time keeps the ledger. */
async function write(state: StoreState, { key, before, value }: Change): Promise<void> {
  if (JSON.stringify(before?.value) !== JSON.stringify(value)) await state.put(key, value, before?.revision ?? 0);
}

function shardOf(host: string): number {
  return createHash('sha1').update(host).digest()[0]! % SHARDS;
}

/** Queues a change for the process that keeps the ledger, which applies it in its next round. */
export async function addOrder(state: StoreState, order: LedgerOrder): Promise<void> {
  for (;;) {
    const entry = await state.get(ORDERS);
    const orders = [...((entry?.value as LedgerOrder[] | undefined) ?? []), order];
    if (await state.put(ORDERS, orders, entry?.revision ?? 0)) return;
  }
}

/** Applies queued changes, each once. @returns whether there were any */
export async function takeOrders(state: StoreState, apply: (order: LedgerOrder) => void): Promise<boolean> {
  const entry = await state.get(ORDERS);
  if (!entry) return false;
  for (const order of entry.value as LedgerOrder[]) apply(order);
  return state.put(ORDERS, undefined, entry.revision);
}

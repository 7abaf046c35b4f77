import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../ask/contract.ts';
import { answer, type AnswerContext, statusOf } from '../ask/index.ts';
import { wallClock } from '../base/clock.ts';
import { CordwoodError } from '../base/errors.ts';
import { SILENT } from '../base/log.ts';
import { version } from '../base/version.ts';
import { type CurrentPositions, knownNodes, readPositions } from '../cluster/index.ts';
import type { Settings } from '../config/index.ts';
import { HOST_ZONES } from '../hosts/contract.ts';
import { hostZonesIn } from '../hosts/index.ts';
import { readWaiting, type WaitingMessages } from '../ingest/index.ts';
import { nonceOf } from '../spool/index.ts';
import type { StoreReader } from '../store/contract.ts';
import { joinStores, openMemoryStore } from '../store/index.ts';
import { openAnswering } from './answering.ts';
import { openStoreReader } from './stores.ts';

/** The store joined with the messages that wait in the spool, if this data folder has one. */
type Opened = CurrentPositions & {
  readonly store: StoreReader;
  readonly own?: { readonly node: number; readonly waiting: WaitingMessages };
};

/**
 * Answers when no server is running, by the same handlers, from the store and from messages in the spool that are not
 * stored yet. @throws CordwoodError ERR_UNREACHABLE if nothing was ever stored
 */
export async function openLocal(settings: Settings): Promise<Client> {
  const spoolFolder = join(settings.data, 'spool');
  const isHere = settings.store.kind === 'embedded';
  if (isHere && !existsSync(spoolFolder) && !existsSync(join(settings.data, 'store'))) {
    const what = `no server is running on ${settings.data}, and nothing is stored there`;
    throw new CordwoodError(
      'ERR_UNREACHABLE',
      `cannot answer: ${what}; start one with cordwood serve, or give its folder with --data`,
    );
  }
  const kept = await openStoreReader(settings, wallClock);
  const opened = await withSpool(kept, settings, spoolFolder).catch(async (error: unknown) => {
    await kept[Symbol.asyncDispose]();
    throw error;
  });
  const { store, own } = opened;
  const fromSpool = own?.waiting.count ?? 0;
  const context = contextOf(settings, opened);
  return {
    via: 'local',
    async *ask(name, params, signal) {
      const end = yield* answer(name, params, context, signal);
      return fromSpool > 0 ? { ...end, fromSpool } : end;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Joins the store with the messages in the spool that are not stored yet. */
async function withSpool(store: StoreReader, settings: Settings, folder: string): Promise<Opened> {
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

function contextOf(settings: Settings, { store, visible, shown, own }: Opened): AnswerContext {
  const waiting = own?.waiting.counters.buckets();
  return openAnswering({
    settings: () => settings,
    store,
    visible: () => visible,
    shown: () => shown,
    // Nothing arrives: no server runs.
    changed: async (_seen, signal, timeoutMs) => {
      await sleep(timeoutMs, undefined, { signal }).catch(() => {});
    },
    status: async () => statusOf({ version: version(), data: settings.data, spoolLimit: settings.spool.maxSize }),
    now: wallClock,
    clock: wallClock,
    coverage: own ? { lastArrival: { node: own.node, at: own.waiting.lastArrival } } : {},
    account: { node: own?.node, ...(waiting && { waiting }) },
    log: SILENT,
  }).context;
}

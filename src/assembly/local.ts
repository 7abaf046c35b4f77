import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WaitingCounters } from '../account/index.ts';
import { hostZonesIn } from '../hosts/index.ts';
import { openIngest } from '../ingest/index.ts';
import { knownNodes, OtherNodes, type Positions, positionsOf } from '../cluster/index.ts';
import { openAnswering } from './answering.ts';
import { openStoreReader } from './stores.ts';
import { version } from '../base/version.ts';
import { wallClock } from '../base/clock.ts';
import { SILENT } from '../base/log.ts';
import { CordwoodError } from '../base/errors.ts';
import type { Settings } from '../config/index.ts';
import { answer, statusOf } from '../ask/index.ts';
import type { AnswerContext } from '../ask/index.ts';
import type { Answer, Client, QuestionName, Questions } from '../ask/contract.ts';
import { decodeId, idOf } from '../model/id.ts';
import { nonceOf } from '../spool/index.ts';
import { HOST_ZONES } from '../hosts/contract.ts';
import type { StoreReader } from '../store/contract.ts';
import { joinStores, openMemoryStore } from '../store/index.ts';

type Opened = {
  readonly store: StoreReader;
  /** Ids up to which everything is there, one for each node. */
  readonly visible: readonly string[];
  /** The same, with all that is there of nodes that are silent. */
  readonly shown: readonly string[];
  readonly fromSpool: number;
  /** What the spool says of the receiver that would run here. */
  readonly own?: { readonly node: number; readonly waiting: WaitingCounters; readonly lastArrival: number };
};

/**
 * Answers where no server runs: the same handlers over the store opened on the spot, and over what lies in the spool
 * and in no store yet. @throws CordwoodError ERR_UNREACHABLE where nothing was ever stored
 */
export async function openLocal(settings: Settings): Promise<Client> {
  const spoolFolder = join(settings.data, 'spool');
  const isHere = settings.store.kind === 'embedded';
  if (isHere && !existsSync(spoolFolder) && !existsSync(join(settings.data, 'store'))) {
    const what = `no server runs on ${settings.data}, and none has stored anything there`;
    throw new CordwoodError(
      'ERR_UNREACHABLE',
      `cannot answer: ${what}; start one with cordwood serve, or name its folder with --data`,
    );
  }
  const kept = await openStoreReader(settings, wallClock);
  const opened = await withSpool(kept, settings, spoolFolder).catch(async (error: unknown) => {
    await kept[Symbol.asyncDispose]();
    throw error;
  });
  const { store, fromSpool } = opened;
  const context = contextOf(settings, opened);
  return {
    via: 'local',
    ask: (name, params, signal) => ask(name, params, { context, signal, fromSpool }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** The store, joined with the spool's messages that it does not hold. */
async function withSpool(kept: StoreReader, settings: Settings, spoolFolder: string): Promise<Opened> {
  const nodes = await knownNodes(kept.state('nodes'));
  const nonce = existsSync(spoolFolder) ? nonceOf(spoolFolder) : undefined;
  const shared = settings.store.kind === 'mongodb';
  if (nonce === undefined) {
    return { store: kept, ...(await positionsIn(kept, shared ? undefined : nodes)), fromSpool: 0 };
  }
  const known = (await kept.state('nodes').get(`nonce/${nonce}`))?.value as number | undefined;
  // A server that was killed before it could take a number will take the next one.
  const node = known ?? Math.max(0, ...nodes) + 1;
  const safe = await kept.safe(node);
  const memory = openMemoryStore({ now: wallClock, streams: settings.streams });
  const waiting = new WaitingCounters();
  const hostZones = await hostZonesIn(kept.state(HOST_ZONES));
  const parts = { settings, folder: spoolFolder, store: kept, node, safe, account: waiting, hostZones };
  using opened = await openIngest(parts);
  const { ingest, pipeline } = opened;
  const { batch } = ingest;
  let fromSpool = 0;
  for (let more = true; more; ) {
    more = ingest.fill();
    pipeline.run(batch, waiting);
    fromSpool += batch.count;
    await memory.writer.insert(batch);
    waiting.addWaiting(batch);
    ingest.next();
  }
  // The next server goes on with this node: a cursor must name what is really there.
  const end = idOf({ receivedAt: 0, sequence: 0, ...safe, ...ingest.last, node });
  const others = nodes.filter((one) => one !== node);
  const positions = await positionsIn(kept, shared ? undefined : others, end);
  const own = { node, waiting, lastArrival: ingest.last?.receivedAt ?? 0 };
  return { store: joinStores(kept, memory.reader), ...positions, fromSpool, own };
}

/**
 * How far all receivers have stored; unless the store is of this machine alone, others may well be running.
 * @param ended the numbers of the other receivers if none of them runs
 * @param own the end of what this data folder holds
 */
async function positionsIn(
  store: StoreReader,
  ended: readonly number[] | undefined,
  own?: string,
): Promise<Pick<Opened, 'visible' | 'shown'>> {
  if (ended) return now(positionsOf(() => own, ended));
  const node = own === undefined ? undefined : decodeId(own)!.node;
  await using others = await OtherNodes.read({ store, own: node, oneShot: true, log: SILENT });
  return now(positionsOf(() => own, others));
}

function now({ visible, shown }: Positions): Pick<Opened, 'visible' | 'shown'> {
  return { visible: visible(), shown: shown() };
}

function contextOf(settings: Settings, { store, visible, shown, own }: Opened): AnswerContext {
  const waiting = own?.waiting.buckets();
  const { context } = openAnswering({
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
    coverage: own ? { lastArrival: { node: own.node, at: own.lastArrival } } : {},
    account: { node: own?.node, ...(waiting && { waiting }) },
    log: SILENT,
  });
  return context;
}

type Asking = { readonly context: AnswerContext; readonly signal: AbortSignal; readonly fromSpool: number };

async function* ask<Name extends QuestionName>(
  name: Name,
  params: Questions[Name]['params'],
  { context, signal, fromSpool }: Asking,
): Answer<Name> {
  const end = yield* answer(name, params, context, signal);
  return fromSpool > 0 ? { ...end, fromSpool } : end;
}

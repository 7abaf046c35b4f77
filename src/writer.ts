import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Accounting } from './account/index.ts';
import { followHostZones } from './assembly/host-zones.ts';
import { earlierRun, Ingest, parserFor } from './assembly/ingest.ts';
import { keepWatch } from './assembly/keep-watch.ts';
import { PIPELINE_STATE } from './assembly/remembering.ts';
import { Storing } from './assembly/storing.ts';
import type { Ping, Pong } from './assembly/thread.ts';
import { logToParent, type ThreadLog } from './assembly/thread-log.ts';
import { storeOf } from './assembly/stores.ts';
import { Counters } from './base/counters.ts';
import { type CordwoodError, reasonOf } from './base/errors.ts';
import { backoff } from './base/retry.ts';
import { VisibleCell } from './base/visible.ts';
import { retentionOf, type Settings } from './config/index.ts';
import { MessageBatch } from './model/batch.ts';
import { openPipeline } from './pipeline/index.ts';
import { DurableEnd, openSpoolReader } from './spool/index.ts';
import { HOST_ZONES, type StoreWriter } from './store/contract.ts';
import { nodeNumber } from './store/nodes.ts';

/** What the server gives this thread. */
export type WriterData = {
  readonly settings: Settings;
  readonly spoolFolder: string;
  readonly durable: SharedArrayBuffer;
  readonly visible: SharedArrayBuffer;
  readonly counters: ReturnType<Counters['share']>;
};

export type ToWriter =
  | Ping
  /** The spool is open; `nonce` is its name, and up to `lastEarlier` its messages are of earlier runs. */
  | { readonly kind: 'start'; readonly nonce: string; readonly lastEarlier: number }
  /** These listeners are open now; an earlier run received something at `lastArrival` (ms) still. */
  | { readonly kind: 'listening'; readonly listeners: readonly string[]; readonly lastArrival: number }
  /** The configuration has changed; `counters` names all there are now. */
  | { readonly kind: 'reload'; readonly settings: Settings; readonly counters: readonly string[] }
  /** Store what is durable, settle, and end. */
  | { readonly kind: 'drain' };

export type FromWriter =
  | ThreadLog
  | Pong
  /** The arrival clock must start no lower than `latest`; where the store is away, `ready` comes once it is back. */
  | { readonly kind: 'opened'; readonly latest: number; readonly away: boolean }
  /** Up to `safe`, an earlier run had settled. */
  | { readonly kind: 'ready'; readonly node: number; readonly replayed: number; readonly safe: number }
  /** The spool's messages at or below are needed no more. */
  | { readonly kind: 'safe'; readonly sequence: number };

/** Rows and bytes of a batch for a store that is asked over a network: fewer waits for its answer. */
const REMOTE_BATCH = [16_384, 16 << 20] as const;

const port = parentPort!;
const data = workerData as WriterData;
const log = logToParent(port);

const stopping = new AbortController();
const started = startMessage();
const counters = Counters.from(data.counters);
let account: Accounting | undefined;
await using store = await openStore();

const { nonce, lastEarlier } = await started;
const node = await nodeNumber(store.state('nodes'), nonce);
// Before anything of the state is read: it finishes what a settle that was killed had begun.
const safe = await store.safe(node);
account = new Accounting({ state: (name) => store.state(name), node, counters, now: Date.now, lastEarlier });
await account.restore();
await write(store, account);
port.close();

/** Also hears that we are to stop, from the beginning on. */
function startMessage(): Promise<Extract<ToWriter, { kind: 'start' }>> {
  return new Promise((resolve) => {
    port.on('message', (message: ToWriter) => {
      if (message.kind === 'start') resolve(message);
      if (message.kind === 'drain') stopping.abort();
    });
  });
}

/** Opens the store; one on other machines may be away for long: what arrives meanwhile waits in the spool. */
async function openStore(): Promise<StoreWriter> {
  const { openWriter } = await storeOf(data.settings);
  const options = { ...retentionOf(data.settings), folder: data.settings.data, now: Date.now, log };
  const onDeadLetter = (batch: MessageBatch, row: number) => account?.deadLettered(batch, row);
  for (let failures = 0; ; ) {
    try {
      const opened = await openWriter({ ...options, onDeadLetter });
      const latest = await opened.latest();
      if (failures === 0) post({ kind: 'opened', latest, away: false });
      else log.info('the store is there');
      return opened;
    } catch (error) {
      const mayReturn = data.settings.store.kind !== 'embedded' && (error as CordwoodError).code === 'ERR_STORE';
      if (!mayReturn) throw error;
      if (failures++ === 0) {
        log.error(`${reasonOf(error)}; what arrives waits in the spool, trying again`);
        post({ kind: 'opened', latest: 0, away: true });
      }
      await sleep(backoff(failures, 500, 10_000), undefined, { signal: stopping.signal }).catch(() => process.exit(0));
    }
  }
}

async function write(store: StoreWriter, account: Accounting): Promise<void> {
  const durable = new DurableEnd(data.durable);
  const from = safe ?? { receivedAt: 0, node, sequence: 0 };
  const held = await store.heldAfter(from);
  using reader = openSpoolReader({ folder: data.spoolFolder, from, durable });
  const batch =
    data.settings.store.kind === 'embedded' ? MessageBatch.inMemory() : MessageBatch.inMemory(...REMOTE_BATCH);
  batch.node = node;
  let { settings } = data;
  const readWith = (hostZones: ReadonlyMap<string, string>): void => ingest.parseWith(parserFor(settings, hostZones));
  using followed = await followHostZones(store.state(HOST_ZONES), readWith, log);
  const parser = parserFor(settings, followed.zones);
  const ingest = new Ingest({ batch, reader, parser, earlier: earlierRun(from.sequence, held), account });
  const pipeline = await openPipeline(data.settings, counters);
  pipeline.restore((await store.state(PIPELINE_STATE).get(String(node)))?.value);
  const storing = new Storing({
    store,
    ingest,
    account,
    pipeline,
    node,
    safe,
    durable,
    visible: new VisibleCell(data.visible),
    counters,
    log,
    onSafe: (sequence) => post({ kind: 'safe', sequence }),
  });
  await using watching = keepWatch(account, log);
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'listening') watching.begin(message.listeners, message.lastArrival);
    if (message.kind === 'ping') post({ kind: 'pong' });
    if (message.kind === 'drain') storing.drain();
    if (message.kind === 'reload') {
      counters.add(message.counters);
      settings = message.settings;
      readWith(followed.zones);
      store.retain(retentionOf(settings));
      openPipeline(settings, counters).then(
        (changed) => storing.pipeThrough(changed),
        (error) => log.error(`cannot change the pipeline: ${reasonOf(error)}; the old one goes on`),
      );
    }
  });
  if (stopping.signal.aborted) storing.drain();
  post({ kind: 'ready', node, replayed: held.size, safe: from.sequence });
  if (safe) post({ kind: 'safe', sequence: safe.sequence });
  await storing.run();
}

function post(message: FromWriter): void {
  port.postMessage(message);
}

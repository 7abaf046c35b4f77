import { parentPort, workerData } from 'node:worker_threads';
import { Accounting } from './account/index.ts';
import { followHostZones, type FollowedZones } from './hosts/follow-host-zones.ts';
import { earlierRun, Ingest, parserFor } from './ingest/ingest.ts';
import { keepWatch, type Listening } from './ingest/keep-watch.ts';
import { PIPELINE_STATE } from './ingest/remembering.ts';
import { Storing } from './ingest/storing.ts';
import { StoreWait } from './process/store-wait.ts';
import type { Ping, Pong } from './process/thread.ts';
import { logToParent, type ThreadLog } from './process/thread-log.ts';
import { storeOf } from './assembly/stores.ts';
import { Counters } from './base/counters.ts';
import { reasonOf } from './base/errors.ts';
import { VisibleCell } from './model/visible.ts';
import { retentionOf, type Settings } from './config/index.ts';
import { MessageBatch } from './model/batch.ts';
import type { Position } from './model/id.ts';
import { openPipeline, type Pipeline } from './pipeline/index.ts';
import { DurableEnd, openSpoolReader } from './spool/index.ts';
import { HOST_ZONES, type HeldSequences, type StoreWriter } from './store/contract.ts';
import { nodeNumber } from './cluster/index.ts';

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
  /** Which listeners are open. */
  | ({ readonly kind: 'listening' } & Listening)
  /** The configuration has changed; `counters` names all there are now. */
  | { readonly kind: 'reload'; readonly settings: Settings; readonly counters: readonly string[] }
  /** Store what is durable, settle, and end. */
  | { readonly kind: 'drain' };

export type FromWriter =
  | ThreadLog
  | Pong
  /** The store keeps the start waiting; undefined once it does not any more. */
  | { readonly kind: 'waiting'; readonly reason: string | undefined }
  /** The arrival clock must start no lower than `latest`, where nothing kept us waiting. */
  | { readonly kind: 'opened'; readonly latest: number }
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
const wait = new StoreWait({
  mayReturn: data.settings.store.kind !== 'embedded',
  signal: stopping.signal,
  log,
  onWaiting: (reason) => post({ kind: 'waiting', reason }),
});
let account: Accounting | undefined;
try {
  await using store = await wait.until(openStore, 'the store does not answer');
  const { nonce, lastEarlier } = await started;
  const slow = 'what the store holds of an earlier run is still being looked up';
  const begun = await wait.until(() => begin(store, nonce, lastEarlier), slow);
  wait.done();
  account = begun.account;
  await write(store, begun);
} catch (error) {
  // Told to stop while the store keeps us waiting: what arrived lies in the spool.
  if (error !== stopping.signal.reason) throw error;
}
port.close();

/** Also hears that we are to stop, from the beginning on; rejects where that comes first. */
function startMessage(): Promise<Extract<ToWriter, { kind: 'start' }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<ToWriter, { kind: 'start' }>>();
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'start') resolve(message);
    if (message.kind !== 'drain') return;
    stopping.abort();
    reject(stopping.signal.reason);
  });
  promise.catch(() => {});
  return promise;
}

/** Opens the store; the password is read again at each try. */
async function openStore(): Promise<StoreWriter> {
  const { openWriter } = await storeOf(data.settings);
  const onDeadLetter = (batch: MessageBatch, row: number) => account?.deadLettered(batch, row);
  const options = { ...retentionOf(data.settings), folder: data.settings.data, now: Date.now, log, onDeadLetter };
  const opened = await openWriter(options);
  try {
    post({ kind: 'opened', latest: await opened.latest() });
    return opened;
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the store knows of earlier runs with this spool. */
type Begun = {
  readonly node: number;
  readonly account: Accounting;
  readonly safe: Position | undefined;
  readonly held: HeldSequences;
  readonly pipeline: Pipeline;
  readonly zones: FollowedZones;
};

/** Asks the store for it; asked again, it is the same. */
async function begin(store: StoreWriter, nonce: string, lastEarlier: number): Promise<Begun> {
  const node = await nodeNumber(store.state('nodes'), nonce);
  // Before anything of the state is read: it finishes what a settle that was killed had begun.
  const safe = await store.safe(node);
  const state = (name: string) => store.state(name);
  const account = new Accounting({ state, node, counters, now: Date.now, lastEarlier });
  await account.restore();
  const held = await store.heldAfter(safe ?? startOf(node));
  const pipeline = await openPipeline(data.settings, counters);
  pipeline.restore((await store.state(PIPELINE_STATE).get(String(node)))?.value);
  const zones = await followHostZones(store.state(HOST_ZONES), log);
  return { node, account, safe, held, pipeline, zones };
}

function startOf(node: number): Position {
  return { receivedAt: 0, node, sequence: 0 };
}

async function write(store: StoreWriter, begun: Begun): Promise<void> {
  const { node, account, safe, held, pipeline } = begun;
  const durable = new DurableEnd(data.durable);
  const from = safe ?? startOf(node);
  using reader = openSpoolReader({ folder: data.spoolFolder, from, durable });
  const batch =
    data.settings.store.kind === 'embedded' ? MessageBatch.inMemory() : MessageBatch.inMemory(...REMOTE_BATCH);
  batch.node = node;
  let { settings } = data;
  using followed = begun.zones;
  const onNotInflated = (): void => counters.counter('writer.not_inflated').add();
  const parser = parserFor(settings, followed.zones, onNotInflated);
  const ingest = new Ingest({ batch, reader, parser, earlier: earlierRun(from.sequence, held), account });
  const readWith = (hostZones: ReadonlyMap<string, string>): void =>
    ingest.parseWith(parserFor(settings, hostZones, onNotInflated));
  followed.onChange(readWith);
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
    if (message.kind === 'listening') watching.begin(message);
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

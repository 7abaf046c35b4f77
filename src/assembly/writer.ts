import type { MessagePort } from 'node:worker_threads';
import { Accounting } from '../account/index.ts';
import { Counters } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { adoptNode, nodeNumber } from '../cluster/index.ts';
import { retentionOf } from '../config/index.ts';
import { followHostZones, type FollowedZones } from '../hosts/follow-host-zones.ts';
import { type OpenIngest, openIngest, startListenerSampler, StoreLoop } from '../ingest/index.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Position } from '../model/id.ts';
import { VisibleCell } from '../model/visible.ts';
import { openPipeline } from '../pipeline/index.ts';
import { StoreWait } from '../process/store-wait.ts';
import { DurableEnd } from '../spool/index.ts';
import { HOST_ZONES } from '../hosts/contract.ts';
import type { StoreWriter } from '../store/contract.ts';
import type { FromWriter, ThreadParts, ToWriter, WriterData } from './messages.ts';
import { storeOf } from './stores.ts';

/** Rows and bytes of a batch for a store behind a network: large batches wait for fewer answers. */
const REMOTE_BATCH = [16_384, 16 << 20] as const;

/** What the store knows of earlier runs with this spool. */
type EarlierRun = {
  readonly node: number;
  readonly account: Accounting;
  readonly safe: Position | undefined;
  readonly opened: OpenIngest;
  readonly zones: FollowedZones;
};

/** The writer's thread: reads frames from the spool and stores them, from the message `start` until `drain`. */
export class Writer {
  readonly #port: MessagePort;
  readonly #data: WriterData;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #durable: DurableEnd;
  readonly #stopping = new AbortController();
  readonly #started = Promise.withResolvers<Extract<ToWriter, { kind: 'start' }>>();
  #account: Accounting | undefined;

  constructor({ port, data, log }: ThreadParts<WriterData>) {
    this.#port = port;
    this.#data = data;
    this.#log = log;
    this.#counters = Counters.from(data.counters);
    this.#durable = new DurableEnd(data.durable);
    this.#started.promise.catch(() => {});
    port.on('message', (message: ToWriter) => {
      if (message.kind === 'start') this.#started.resolve(message);
      if (message.kind === 'ping') this.#post({ kind: 'pong' });
      if (message.kind === 'drain') this.#stop();
    });
  }

  /** Resolves once all that is durable is safe in the store, after `drain`. @throws what the store fails with for good */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const wait = new StoreWait({
      mayReturn: this.#data.settings.store.kind !== 'embedded',
      signal,
      log: this.#log,
      onWaiting: (reason) => this.#post({ kind: 'waiting', reason }),
    });
    try {
      await using store = await wait.until(() => this.#openStore(), 'the store does not answer');
      const { nonce, lastEarlier } = await this.#started.promise;
      const slow = 'the store is still looking up what it holds of an earlier run';
      const earlier = await wait.until(() => this.#readEarlier(store, nonce, lastEarlier), slow);
      wait.done();
      this.#account = earlier.account;
      await this.#write(store, earlier);
    } catch (error) {
      // Stopped while the store kept the start waiting: what arrived stays in the spool.
      if (error !== signal.reason) throw error;
    }
  }

  #stop(): void {
    this.#stopping.abort();
    this.#started.reject(this.#stopping.signal.reason);
  }

  /** Opens the store; each attempt reads its password again. */
  async #openStore(): Promise<StoreWriter> {
    const { settings } = this.#data;
    const { openWriter } = await storeOf(settings);
    const onDeadLetter = (batch: MessageBatch, row: number) => this.#account?.deadLettered(batch, row);
    const options = { ...retentionOf(settings), folder: settings.data, now: Date.now, log: this.#log, onDeadLetter };
    await using opening = new AsyncDisposableStack();
    const opened = opening.use(await openWriter(options));
    this.#post({ kind: 'opened', latest: await opened.latest() });
    opening.move();
    return opened;
  }

  /** Idempotent: a store that fails in between is asked again. */
  async #readEarlier(store: StoreWriter, nonce: string, lastEarlier: number): Promise<EarlierRun> {
    const state = (name: string) => store.state(name);
    const { recovered } = store;
    if (recovered?.nodes) await adoptNode(state('nodes'), nonce, { nodes: recovered.nodes, isNew: lastEarlier === 0 });
    const node = await nodeNumber(state('nodes'), nonce);
    // First: it completes a change of the state that a killed run had begun.
    const safe = await store.safe(node);
    const account = new Accounting({ state, node, counters: this.#counters, now: Date.now, lastEarlier });
    await account.restore();
    if (recovered) account.coverage.note({ from: recovered.from, to: recovered.to, reason: 'state' });
    const { settings, spoolFolder } = this.#data;
    const isRemote = settings.store.kind !== 'embedded';
    const opened = await openIngest({
      settings,
      folder: spoolFolder,
      store,
      node,
      safe,
      account,
      durable: this.#durable,
      counters: this.#counters,
      ...(isRemote && { batchSize: REMOTE_BATCH }),
    });
    using opening = new DisposableStack();
    opening.use(opened);
    const zones = await followHostZones(state(HOST_ZONES), this.#log);
    opening.move();
    return { node, account, safe, opened, zones };
  }

  async #write(store: StoreWriter, earlier: EarlierRun): Promise<void> {
    const { node, account, safe } = earlier;
    using opened = earlier.opened;
    using zones = earlier.zones;
    const setZones = (hostZones: ReadonlyMap<string, string>): void => opened.reconfigure({ hostZones });
    setZones(zones.zones);
    zones.onChange(setZones);
    const storing = new StoreLoop({
      store,
      ingest: opened.ingest,
      account,
      pipeline: opened.pipeline,
      node,
      safe,
      durable: this.#durable,
      visible: new VisibleCell(this.#data.visible),
      counters: this.#counters,
      log: this.#log,
      onSafe: (sequence) => this.#post({ kind: 'safe', sequence }),
    });
    await using watching = startListenerSampler(account, this.#log);
    this.#port.on('message', (message: ToWriter) => {
      if (message.kind === 'listening') watching.begin(message);
      if (message.kind === 'drain') storing.drain();
      if (message.kind !== 'reload') return;
      const { settings } = message;
      this.#counters.add(message.counters);
      opened.reconfigure({ settings });
      store.setRetention(retentionOf(settings));
      openPipeline(settings, this.#counters).then(
        (changed) => storing.goOnWith(changed),
        (error) => this.#log.error(`cannot change the pipeline: ${reasonOf(error)}; the old pipeline stays`),
      );
    });
    if (this.#stopping.signal.aborted) storing.drain();
    this.#post({ kind: 'ready', node, safe: safe?.sequence ?? 0 });
    if (safe) this.#post({ kind: 'safe', sequence: safe.sequence });
    await storing.run();
  }

  #post(message: FromWriter): void {
    this.#port.postMessage(message);
  }
}

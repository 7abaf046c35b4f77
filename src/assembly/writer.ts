import type { Accounting } from '../account/index.ts';
import { Counters } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { retentionOf } from '../config/index.ts';
import { type Resumed, resumeIngest, startListenerSampler, StoreLoop } from '../ingest/index.ts';
import type { MessageBatch } from '../model/batch.ts';
import { VisibleCell } from '../model/visible.ts';
import { ThreadEnd } from '../process/index.ts';
import { StoreWait } from '../process/store-wait.ts';
import { DurableEnd } from '../spool/index.ts';
import type { StoreWriter } from '../store/contract.ts';
import type { FromWriter, ThreadParts, ToWriter, WriterData } from './messages.ts';
import { storeOf } from '../stores/index.ts';

/** The writer's thread: reads frames from the spool and stores them, from the message `start` until `drain`. */
export class Writer {
  readonly #main: ThreadEnd<ToWriter, FromWriter>;
  readonly #data: WriterData;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #durable: DurableEnd;
  #account: Accounting | undefined;

  constructor({ port, data, log }: ThreadParts<WriterData>) {
    this.#main = new ThreadEnd(port, 'drain');
    this.#data = data;
    this.#log = log;
    this.#counters = Counters.from(data.counters);
    this.#durable = new DurableEnd(data.durable);
  }

  /** Resolves once all that is durable is safe in the store, after `drain`. @throws what the store fails with for good */
  async run(): Promise<void> {
    const { settings, spoolFolder: folder } = this.#data;
    const { stopping: signal } = this.#main;
    const wait = new StoreWait({
      mayReturn: settings.store.kind !== 'embedded',
      signal,
      log: this.#log,
      onWaiting: (reason) => this.#main.post({ kind: 'waiting', reason }),
    });
    try {
      await using store = await wait.until(() => this.#openStore(), 'the store does not answer');
      const { nonce, lastEarlier } = await this.#main.first('start');
      const parts = { settings, store, folder, nonce, lastEarlier, log: this.#log };
      const resume = () => resumeIngest({ ...parts, durable: this.#durable, counters: this.#counters });
      using resumed = await wait.until(resume, 'the store is still looking up what it holds of an earlier run');
      wait.done();
      this.#account = resumed.account;
      await this.#write(store, resumed);
    } catch (error) {
      // Stopped while the store kept the start waiting: what arrived stays in the spool.
      if (error !== signal.reason) throw error;
    }
  }

  /** Opens the store; each attempt reads its password again. */
  async #openStore(): Promise<StoreWriter> {
    const { settings } = this.#data;
    const { openWriter } = await storeOf(settings);
    const onDeadLetter = (batch: MessageBatch, row: number) => this.#account?.deadLettered(batch, row);
    const options = { ...retentionOf(settings), folder: settings.data, now: Date.now, log: this.#log, onDeadLetter };
    await using opening = new AsyncDisposableStack();
    const opened = opening.use(await openWriter(options));
    this.#main.post({ kind: 'opened', latest: await opened.latest() });
    opening.move();
    return opened;
  }

  async #write(store: StoreWriter, { node, account, safe, opened }: Resumed): Promise<void> {
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
      onSafe: (sequence) => this.#main.post({ kind: 'safe', sequence }),
    });
    await using watching = startListenerSampler(account, this.#log);
    this.#main.onMessage((message) => {
      if (message.kind === 'listening') watching.begin(message);
      if (message.kind === 'drain') storing.drain();
      if (message.kind !== 'reload') return;
      const { settings } = message;
      this.#counters.add(message.counters);
      opened.reconfigure({ settings });
      store.setRetention(retentionOf(settings));
      opened.openPipeline(settings).then(
        (changed) => storing.goOnWith(changed),
        (error) => this.#log.error(`cannot change the pipeline: ${reasonOf(error)}; the old pipeline stays`),
      );
    });
    if (this.#main.stopping.aborted) storing.drain();
    this.#main.post({ kind: 'ready', node, safe: safe?.sequence ?? 0 });
    if (safe) this.#main.post({ kind: 'safe', sequence: safe.sequence });
    await storing.run();
  }
}

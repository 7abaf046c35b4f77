import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounting } from '../account/index.ts';
import { type Counters, counter, gauge } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { backoff } from '../base/retry.ts';
import type { VisibleCell } from '../model/visible.ts';
import type { Position } from '../model/id.ts';
import type { Pipeline } from '../pipeline/index.ts';
import type { DurableEnd } from '../spool/index.ts';
import type { StateChange, StoreWriter } from '../store/contract.ts';
import type { Ingest } from './ingest.ts';
import { PIPELINE_STATE, arenaReserveFor } from './pipeline-state.ts';
import { excessText, removalText } from './retention-text.ts';

/** What storing counts; the server makes these before its threads start. */
export const STORE_LOOP_COUNTERS = [
  counter('writer.messages', 'messages', 'Messages stored'),
  counter('writer.batches', 'batches', 'Batches stored'),
  counter('writer.not_inflated', 'messages', 'Compressed messages kept as received: broken, or too large inflated'),
  counter('writer.retries', 'batches', 'Batches that the store refused and that were sent again'),
  gauge('writer.failing', '0 or 1', '1 while the store refuses messages'),
  counter('store.expired.messages', 'messages', 'Messages deleted by retention'),
  counter('store.expired.bytes', 'bytes', 'Bytes deleted by retention'),
] as const;

/** What has arrived is searchable within a second: a row waits for company no longer than this, ms. */
const FLUSH_MS = 300;
/** How often the spool is looked at while a batch waits for company, ms. */
const LOOK_MS = 50;
/** *Safe* moves at least this often, by time (ms) or by bytes of text. */
const SETTLE_MS = 10_000;
const SETTLE_BYTES = 64 << 20;
/** So often the size guard looks; what it lets in meanwhile is less than it takes at a time. */
const EXPIRE_MS = 10_000;
/** Upkeep gives way to what arrives after this long, ms. */
const MAINTAIN_MS = 50;

export type StoreLoopParts = {
  readonly store: StoreWriter;
  readonly ingest: Ingest;
  readonly account: Pick<Accounting, 'dropped' | 'stored' | 'save'>;
  readonly pipeline: Pipeline;
  readonly node: number;
  /** How far an earlier run had settled. */
  readonly safe: Position | undefined;
  readonly durable: DurableEnd;
  readonly visible: VisibleCell;
  readonly counters: Counters;
  readonly log: Logger;
  /** Told each time *safe* has moved. */
  readonly onSafe: (sequence: number) => void;
};

/** The writer's loop: batches into the store, *visible* with each, *safe* now and then, upkeep when idle. */
export class StoreLoop {
  readonly #parts: StoreLoopParts;
  readonly #drain = new AbortController();
  #pipeline: Pipeline;
  /** When the batch's first row came in, ms; 0 while it is empty. */
  #firstRowAt = 0;
  #settledAt = Date.now();
  #settled: number;
  #unsettledBytes = 0;
  #expiredAt = 0;
  /** What was said of limits at the last look. */
  #exceeded: readonly string[] = [];

  constructor(parts: StoreLoopParts) {
    this.#parts = parts;
    this.#settled = parts.safe?.sequence ?? -1;
    this.#pipeline = parts.pipeline;
    if (parts.safe) parts.visible.publish(parts.safe);
  }

  /** From the next batch on, this one; what the last one remembers goes on as far as its stages do. */
  pipeThrough(pipeline: Pipeline): void {
    pipeline.restore(this.#pipeline.save());
    this.#pipeline = pipeline;
    this.#parts.ingest.reserve(arenaReserveFor(pipeline));
  }

  /** Ends `run` once all that is durable has been stored and settled. */
  drain(): void {
    this.#drain.abort();
  }

  get #draining(): boolean {
    return this.#drain.signal.aborted;
  }

  async run(): Promise<void> {
    const { ingest, durable, visible, node } = this.#parts;
    for (;;) {
      const { version, completeUntil } = durable;
      const full = ingest.fill();
      if (full || this.#due()) {
        // What the pipeline remembers is ahead of what is visible then: *safe* stays where it is.
        if (!(await this.#flush())) return;
        // A trickle leaves no idle moment, and it is what makes small blocks.
        if (!full) await this.#upkeep();
      } else if (ingest.batch.count > 0) await sleep(LOOK_MS);
      else if (this.#draining) break;
      else {
        visible.advance(completeUntil, node);
        await this.#rest(version);
      }
      if (Date.now() - this.#expiredAt >= EXPIRE_MS) await this.#attempt('apply retention', () => this.#expire());
      if (this.#settleIsDue()) await this.#attempt('settle what was stored', () => this.#settle());
    }
    await this.#attempt('settle what was stored', () => this.#settle());
  }

  #due(): boolean {
    const { ingest, visible } = this.#parts;
    // What an earlier run has stored is skipped and makes no row, but is to be seen, and to be settled.
    if (ingest.batch.count === 0) return (ingest.last?.sequence ?? 0) > (visible.position?.sequence ?? 0);
    if (this.#firstRowAt === 0) this.#firstRowAt = Date.now();
    return this.#draining || Date.now() - this.#firstRowAt >= FLUSH_MS;
  }

  /** @returns whether the batch is stored; false only where it never will be, since we stop */
  async #flush(): Promise<boolean> {
    const { ingest, account, counters, visible, node } = this.#parts;
    const { batch, last } = ingest;
    this.#pipeline.run(batch, account);
    if (batch.count > 0 && !(await this.#insert())) return false;
    counters.counter('writer.messages').add(batch.count);
    counters.counter('writer.batches').add();
    this.#unsettledBytes += batch.used;
    this.#firstRowAt = 0;
    account.stored(batch);
    ingest.next();
    if (last) visible.publish({ ...last, node }, this.#parts.store.clusterTime);
    return true;
  }

  /** Stores the batch, however long the store refuses, until we stop: the spool holds what comes in, and what is left. */
  async #insert(): Promise<boolean> {
    const { store, ingest, counters, log } = this.#parts;
    const failing = counters.counter('writer.failing');
    for (let failures = 0; ; ) {
      try {
        await store.insert(ingest.batch);
        if (failing.value > 0) log.info('messages are stored again');
        failing.set(0);
        return true;
      } catch (error) {
        const reason = reasonOf(error);
        if (failures === 0) log.error(`cannot store messages: ${reason}; the spool keeps them, trying again`);
        counters.counter('writer.retries').add();
        failing.set(1);
        if (this.#draining) return false;
        await sleep(backoff(++failures, 100, 10_000), undefined, { signal: this.#drain.signal }).catch(() => {});
      }
    }
  }

  /** Nothing to store: upkeep first, then wait for the next fsync. */
  async #rest(version: number): Promise<void> {
    const more = await this.#upkeep();
    if (!more) await this.#parts.durable.changed(version, 1000);
  }

  /** @returns whether there is more to merge */
  async #upkeep(): Promise<boolean | undefined> {
    return await this.#attempt('merge small blocks', () => this.#parts.store.maintain(MAINTAIN_MS));
  }

  async #expire(): Promise<void> {
    const { store, counters, log } = this.#parts;
    this.#expiredAt = Date.now();
    const { removed, exceeded } = await store.expire(Date.now());
    for (const removal of removed) {
      counters.counter('store.expired.messages').add(removal.messages);
      counters.counter('store.expired.bytes').add(removal.bytes);
      log.info(removalText(removal));
    }
    const complaints = exceeded.map(excessText);
    for (const complaint of complaints) if (!this.#exceeded.includes(complaint)) log.warn(complaint);
    this.#exceeded = complaints;
  }

  #settleIsDue(): boolean {
    return Date.now() - this.#settledAt >= SETTLE_MS || this.#unsettledBytes >= SETTLE_BYTES;
  }

  async #settle(): Promise<void> {
    const { store, account, visible, onSafe } = this.#parts;
    this.#settledAt = Date.now();
    this.#unsettledBytes = 0;
    const { position } = visible;
    if (!position || position.sequence === this.#settled) return;
    const remembered = this.#remembered(position);
    await account.save(position, (safe, entries) => store.makeSafe(safe, [...entries, ...remembered]));
    this.#settled = position.sequence;
    onSafe(position.sequence);
  }

  #remembered({ node }: Position): StateChange[] {
    const value = this.#pipeline.save();
    return value === undefined ? [] : [{ namespace: PIPELINE_STATE, key: String(node), value }];
  }

  /** Upkeep that fails costs nothing but a line in the log: it is due again soon. */
  async #attempt<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#parts.log.error(`cannot ${what}: ${reasonOf(error)}`);
      return undefined;
    }
  }
}

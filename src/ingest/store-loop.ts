import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounting } from '../account/index.ts';
import { type Counters, counter, gauge } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { backoff } from '../base/retry.ts';
import { RELAYS } from '../cluster/contract.ts';
import type { VisibleCell } from '../model/visible.ts';
import type { Position } from '../model/id.ts';
import type { Pipeline } from '../pipeline/index.ts';
import type { DurableEnd } from '../spool/index.ts';
import type { StateChange, StoreWriter } from '../store/contract.ts';
import type { Ingest } from './ingest.ts';
import { startRelayReports } from './relay-reports.ts';
import { doubtText, KeepClock } from './keep-clock.ts';
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

/** The longest time that a row waits for more rows, ms: a message is visible within a second. */
const FLUSH_MS = 300;
/** How often the spool is read while a batch waits for more rows, ms. */
const POLL_MS = 50;
/** *Safe* moves after this time (ms) or this many bytes of text, whichever comes first. */
const SAFE_MS = 10_000;
const SAFE_BYTES = 64 << 20;
/** How often retention is applied, ms. Less arrives in this time than one run may delete. */
const EXPIRE_MS = 10_000;
/** The longest time that maintenance delays new messages, ms. */
const MAINTAIN_MS = 50;
/** Merging rests this many times as long as it took: it saves space, and may not cost what arrives its processor. */
const MAINTAIN_REST = 9;

export type StoreLoopParts = {
  readonly store: StoreWriter;
  readonly ingest: Ingest;
  readonly account: Pick<Accounting, 'dropped' | 'stored' | 'save'>;
  readonly pipeline: Pipeline;
  readonly node: number;
  /** The last message that an earlier run has made safe. */
  readonly safe: Position | undefined;
  readonly durable: DurableEnd;
  readonly visible: VisibleCell;
  readonly counters: Counters;
  readonly log: Logger;
  /** Absent if retention applies. */
  readonly expires?: false;
  /** Called each time *safe* has moved. */
  readonly onSafe: (sequence: number) => void;
};

/**
 * The writer's loop: stores batches, moves *visible* with each and *safe* now and then, and
 * maintains the store when idle.
 */
export class StoreLoop {
  readonly #parts: StoreLoopParts;
  readonly #drain = new AbortController();
  #pipeline: Pipeline;
  /** When the first row of the batch was read, ms; 0 while the batch is empty. */
  #firstRowAt = 0;
  #safeMovedAt = performance.now();
  #safe: number;
  #unsafeBytes = 0;
  #expiredAt = -Infinity;
  /** When blocks may be merged again, on the steady clock, ms. */
  #maintainAt = -Infinity;
  /** The clock that `keep` is judged by. */
  #keepClock: KeepClock | undefined;
  /** Warnings about limits at the last run of retention. */
  #exceeded: readonly string[] = [];

  constructor(parts: StoreLoopParts) {
    this.#parts = parts;
    this.#safe = parts.safe?.sequence ?? -1;
    this.#pipeline = parts.pipeline;
    if (parts.safe) parts.visible.publish(parts.safe);
  }

  /**
   * After a reload: replaces the pipeline, from the next batch on, and applies retention, which may
   * have changed, at once. Stages that are still there keep what they remember.
   */
  goOnWith(pipeline: Pipeline): void {
    this.#expiredAt = -Infinity;
    pipeline.restore(this.#pipeline.save());
    this.#pipeline = pipeline;
    this.#parts.ingest.reserve(arenaReserveFor(pipeline));
  }

  /** Ends `run` once all durable messages are stored and safe. */
  drain(): void {
    this.#drain.abort();
  }

  get #draining(): boolean {
    return this.#drain.signal.aborted;
  }

  async run(): Promise<void> {
    const { ingest, durable, visible, node, store, log } = this.#parts;
    const origins = () => this.#pipeline.origins();
    await using _reporting = startRelayReports({ state: store.state(RELAYS), node, origins, log });
    await this.#attempt('read the time of the last run', () => this.#openKeepClock());
    for (;;) {
      const { version, completeUntil } = durable;
      const full = ingest.fill();
      if (full || this.#flushIsDue()) {
        // If it fails, the pipeline has seen rows that are not visible: *safe* must not move any more.
        if (!(await this.#flush())) return;
        // A steady trickle never leaves the loop idle, and it produces the small blocks that need
        // merging.
        if (!full) await this.#maintain();
      } else if (ingest.batch.count > 0) await sleep(POLL_MS);
      else if (this.#draining) break;
      else {
        visible.advance(completeUntil, node);
        await this.#rest(version);
      }
      await this.#expireIfDue();
      if (this.#safeIsDue()) await this.#attempt('make stored messages safe', () => this.#makeSafe());
    }
    await this.#attempt('make stored messages safe', () => this.#makeSafe());
  }

  #flushIsDue(): boolean {
    const { ingest, visible } = this.#parts;
    // Messages that an earlier run has stored make no rows, but *visible* and *safe* must move past
    // them.
    if (ingest.batch.count === 0) return (ingest.last?.sequence ?? 0) > (visible.position?.sequence ?? 0);
    if (this.#firstRowAt === 0) this.#firstRowAt = performance.now();
    return this.#draining || performance.now() - this.#firstRowAt >= FLUSH_MS;
  }

  /**
   * @returns whether the batch is stored; false only if it stays in the spool because the server
   * stops
   */
  async #flush(): Promise<boolean> {
    const { ingest, account, counters, visible, node } = this.#parts;
    const { batch, last } = ingest;
    this.#pipeline.run(batch, account);
    if (batch.count > 0 && !(await this.#insert())) return false;
    counters.counter('writer.messages').add(batch.count);
    counters.counter('writer.batches').add();
    this.#unsafeBytes += batch.used;
    this.#firstRowAt = 0;
    account.stored(batch);
    ingest.next();
    if (last) visible.publish({ ...last, node }, this.#parts.store.clusterTime);
    return true;
  }

  /**
   * Stores the batch, and repeats it until the store accepts it or the server stops. The spool
   * keeps the messages.
   */
  async #insert(): Promise<boolean> {
    const { store, ingest, counters, log } = this.#parts;
    const failing = counters.counter('writer.failing');
    for (let failures = 0; ; ) {
      try {
        await store.insert(ingest.batch);
        if (failing.value > 0) log.info('store accepts messages again');
        failing.set(0);
        return true;
      } catch (error) {
        const reason = reasonOf(error);
        if (failures === 0) log.error(`cannot store messages: ${reason}; the spool keeps them; trying again`);
        counters.counter('writer.retries').add();
        failing.set(1);
        if (this.#draining) return false;
        // On a full disk, only what retention deletes makes room.
        if (await this.#expireIfDue()) failures = 0;
        await sleep(backoff(++failures, 100, 10_000), undefined, { signal: this.#drain.signal }).catch(() => {});
      }
    }
  }

  /** With nothing to store: maintains the store, or waits for the next fsync. */
  async #rest(version: number): Promise<void> {
    const more = await this.#maintain();
    if (!more) await this.#parts.durable.changed(version, 1000);
  }

  /** @returns whether more blocks are to be merged now; undefined if it failed */
  async #maintain(): Promise<boolean | undefined> {
    const began = performance.now();
    if (began < this.#maintainAt) return false;
    const more = await this.#attempt('merge small blocks', () => this.#parts.store.maintain(MAINTAIN_MS));
    const took = performance.now() - began;
    this.#maintainAt = began + took * (1 + MAINTAIN_REST);
    return more && took < 1;
  }

  /** @returns whether something was deleted */
  async #expireIfDue(): Promise<boolean> {
    if (this.#parts.expires === false || performance.now() - this.#expiredAt < EXPIRE_MS) return false;
    return (await this.#attempt('apply retention', () => this.#expire())) === true;
  }

  /** @returns whether something was deleted */
  async #expire(): Promise<boolean> {
    const { store, counters, log } = this.#parts;
    this.#expiredAt = performance.now();
    const clock = await this.#openKeepClock();
    const { removed, exceeded } = await store.expire(clock.now());
    for (const removal of removed) {
      counters.counter('store.expired.messages').add(removal.messages);
      counters.counter('store.expired.bytes').add(removal.bytes);
      log.info(removalText(removal));
    }
    const warnings = exceeded.map(excessText);
    for (const warning of warnings) if (!this.#exceeded.includes(warning)) log.warn(warning);
    this.#exceeded = warnings;
    await clock.save();
    return removed.length > 0;
  }

  async #openKeepClock(): Promise<KeepClock> {
    const { store, node, log } = this.#parts;
    this.#keepClock ??= await KeepClock.open({ store, node, onDoubt: (doubt) => log.warn(doubtText(doubt)) });
    return this.#keepClock;
  }

  #safeIsDue(): boolean {
    return performance.now() - this.#safeMovedAt >= SAFE_MS || this.#unsafeBytes >= SAFE_BYTES;
  }

  async #makeSafe(): Promise<void> {
    const { store, account, visible, onSafe } = this.#parts;
    this.#safeMovedAt = performance.now();
    this.#unsafeBytes = 0;
    const { position } = visible;
    if (!position || position.sequence === this.#safe) return;
    const remembered = this.#remembered(position);
    await account.save(position, (safe, entries) => store.makeSafe(safe, [...entries, ...remembered]));
    this.#safe = position.sequence;
    onSafe(position.sequence);
  }

  #remembered({ node }: Position): StateChange[] {
    const value = this.#pipeline.save();
    return value === undefined ? [] : [{ namespace: PIPELINE_STATE, key: String(node), value }];
  }

  /** Logs a failure and goes on: the work is due again soon. */
  async #attempt<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#parts.log.error(`cannot ${what}: ${reasonOf(error)}`);
      return undefined;
    }
  }
}

import type { Counters } from '../base/counters.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Position } from '../model/id.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { StateChange, StoreState } from '../store/contract.ts';
import { ACCOUNT, Rollup } from './rollup.ts';
import { Bucket } from './bucket.ts';
import type { Gap } from './contract.ts';
import { listenerOfSettled, SETTLED_EARLIER, settledCounter, unsettled } from './counters.ts';
import { COVERAGE, GapLog } from './gap-log.ts';
import { RowGroups } from './row-groups.ts';
import { SequenceGaps } from './sequence-gaps.ts';
import { type FramesRead, type MissingMessages, OutcomeCounters } from './outcome-counters.ts';
import { CoverageWriter } from './coverage-writer.ts';

export type AccountingOptions = {
  /** The state of a namespace, as the writer of the store has it. */
  readonly state: (namespace: string) => StoreState;
  readonly node: number;
  readonly counters: Counters;
  readonly now: () => number;
  /** The last message of earlier runs: what comes after it, the listeners of this run have counted. */
  readonly lastEarlier: number;
};

type Settle = (position: Position, entries: readonly StateChange[]) => Promise<void>;

/**
 * The writer's side of the account: what is read from the spool, what became of it, and which of its senders' numbers
 * are missing, all of it written with *safe*, so that what is read again after a crash is counted again, and once.
 */
export class Accounting implements Outcomes {
  readonly coverage: CoverageWriter;
  readonly #tally = new OutcomeCounters();
  readonly #rows = new RowGroups();
  readonly #senders = new SequenceGaps();
  readonly #options: AccountingOptions;
  readonly #book: Rollup;
  readonly #gaps: GapLog;
  /** Messages of this run by listener, and of earlier ones, since `settle` counted them last: committed, and not yet. */
  readonly #taken = new Map<string, number>();
  readonly #pendingTaken = new Map<string, number>();
  readonly #damaged: Gap[] = [];
  readonly #pendingDamaged: Gap[] = [];
  #sendersState: unknown;
  /** Counts and gaps that are not in the books yet. */
  readonly #untold: ReadonlyMap<number, Bucket>[] = [];
  readonly #found: Gap[] = [];

  constructor(options: AccountingOptions) {
    const { state, node, now } = options;
    this.#options = options;
    this.#book = new Rollup(state(ACCOUNT), `${node}/taken`, now);
    this.#gaps = new GapLog(state(COVERAGE), `${node}/found`);
    this.coverage = new CoverageWriter(options);
  }

  /** Frames were read from the spool; what becomes of each is told otherwise. */
  read({ listener, receivedAt, sequence, count }: FramesRead): void {
    this.#tally.read(listener, receivedAt, count);
    const counter = sequence > this.#options.lastEarlier ? settledCounter(listener) : SETTLED_EARLIER;
    this.#pendingTaken.set(counter, (this.#pendingTaken.get(counter) ?? 0) + count);
  }

  /** Messages between two others cannot be read: their place in the spool is damaged. */
  missing(missing: MissingMessages): void {
    const { from, to, count, alreadyStored } = missing;
    this.#tally.missing(missing);
    if (count > 0) this.#pendingDamaged.push({ from, to: Math.max(to, from + 1), reason: 'damaged', count });
    this.#pendingTaken.set(SETTLED_EARLIER, (this.#pendingTaken.get(SETTLED_EARLIER) ?? 0) + count + alreadyStored);
  }

  /** A row that the store has from an earlier run: it leaves the batch. */
  alreadyStored(batch: MessageBatch, row: number): void {
    this.#tally.alreadyStored(batch, row);
    this.#senders.leftOut(batch, row);
  }

  dropped(batch: MessageBatch, row: number, stage: string): void {
    this.#tally.dropped(batch, row, stage);
    this.#senders.leftOut(batch, row);
  }

  /** A row of the batch that is being stored. */
  deadLettered(batch: MessageBatch, row: number): void {
    this.#tally.deadLettered(batch, row);
  }

  /** All rows of the batch are stored, or told of as dead letters. */
  stored(batch: MessageBatch): void {
    const rows = this.#rows.group(batch);
    this.#tally.stored(batch, rows);
    this.#senders.follow(batch, rows);
    this.#tally.commit();
    for (const [counter, count] of this.#pendingTaken) {
      this.#taken.set(counter, (this.#taken.get(counter) ?? 0) + count);
    }
    this.#pendingTaken.clear();
    this.#damaged.push(...this.#pendingDamaged.splice(0));
  }

  /** Settles a position with all that was told of up to the last `stored`. @throws what `settle` throws */
  async save(position: Position, settle: Settle): Promise<void> {
    const { counters, node } = this.#options;
    this.#untold.push(this.#tally.take());
    this.#found.push(...this.#damaged.splice(0), ...this.#senders.found(position.receivedAt));
    // What the store fails to take in is taken in by the next settling.
    for (; this.#untold.length > 0; this.#untold.shift()) await this.#book.add(this.#untold[0]!);
    await this.#book.roll();
    for (; this.#found.length > 0; this.#found.shift()) await this.#gaps.add(this.#found[0]!);
    this.#sendersState = this.#senders.state() ?? this.#sendersState;
    const own = [...this.#book.changes(), ...this.#gaps.changes()];
    if (this.#sendersState !== undefined) {
      own.push({ namespace: COVERAGE, key: `${node}/senders`, value: this.#sendersState });
    }
    await this.coverage.writeWith((changes) => settle(position, [...own, ...changes]));
    this.#book.written();
    this.#gaps.written();
    this.#sendersState = undefined;
    for (const [name, count] of this.#taken) if (counters.names.includes(name)) counters.counter(name).add(count);
    this.#taken.clear();
  }

  /** The end, once nobody listens any more. */
  end(): Promise<void> {
    return this.coverage.end(this.#unexplained());
  }

  /** Messages that listeners counted and the spool never had, or the other way round: none, but for a fault of ours. */
  #unexplained(): Bucket {
    const { counters } = this.#options;
    const cell = new Bucket();
    const all = counters.snapshot();
    const listeners = counters.names.flatMap((name) => listenerOfSettled(name) ?? []);
    const settled = listeners.reduce((sum, name) => sum + all[settledCounter(name)]!, 0);
    // Where the spool still holds some of them, or its disk refused some, the next run has the last word.
    if (all['spool.messages'] !== settled || all['spool.failures'] !== 0) return cell;
    for (const name of listeners) cell.add('listener', name, 'unexplained', unsettled(all, name));
    return cell;
  }

  /** Takes up what an earlier run knew of the senders' numbers. */
  async restore(): Promise<void> {
    const { state, node } = this.#options;
    const entry = await state(COVERAGE).get(`${node}/senders`);
    if (entry) this.#senders.restore(entry.value);
  }
}

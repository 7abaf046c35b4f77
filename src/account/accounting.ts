import type { Counters } from '../base/counters.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Position } from '../model/id.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { StateChange, StoreState } from '../store/contract.ts';
import { ACCOUNT, Rollup } from './rollup.ts';
import { Bucket } from './bucket.ts';
import type { Gap } from './contract.ts';
import { DEAD_LETTERS, listenerOfSettled, SETTLED_EARLIER, settledCounter, unsettled } from './counters.ts';
import { COVERAGE, GapLog } from './gap-log.ts';
import { RowGroups } from './row-groups.ts';
import { SequenceGaps } from './sequence-gaps.ts';
import { type FramesRead, type MissingMessages, OutcomeCounters } from './outcome-counters.ts';
import { CoverageWriter } from './coverage-writer.ts';

export type AccountingOptions = {
  /** The state of a namespace of the store. */
  readonly state: (namespace: string) => StoreState;
  readonly node: number;
  readonly counters: Counters;
  readonly now: () => number;
  /** The sequence of the last message of earlier runs; the listeners of this run have counted the later ones. */
  readonly lastEarlier: number;
};

/** Moves *safe* to a position and writes the entries in the same transaction. */
type MakeSafe = (position: Position, entries: readonly StateChange[]) => Promise<void>;

/**
 * The writer's side of the account: counts what is read from the spool and what becomes of it, and finds gaps in the
 * numbers of senders. All of it is written with *safe*: after a crash, exactly the messages that are read again are
 * counted again.
 */
export class Accounting implements Outcomes {
  readonly coverage: CoverageWriter;
  readonly #outcomes = new OutcomeCounters();
  readonly #groups = new RowGroups();
  readonly #sequences = new SequenceGaps();
  readonly #options: AccountingOptions;
  readonly #rollup: Rollup;
  readonly #gaps: GapLog;
  /** By the name of a counter, messages read since the last `save`: of stored batches, and of the batch in progress. */
  readonly #read = new Map<string, number>();
  readonly #pendingRead = new Map<string, number>();
  readonly #damaged: Gap[] = [];
  readonly #pendingDamaged: Gap[] = [];
  #sequencesState: unknown;
  /** Counts and gaps that are not in the rollup and the gap log yet. */
  readonly #unsaved: ReadonlyMap<number, Bucket>[] = [];
  readonly #found: Gap[] = [];

  constructor(options: AccountingOptions) {
    const { state, node, now } = options;
    this.#options = options;
    this.#rollup = new Rollup(state(ACCOUNT), `${node}/taken`, now);
    this.#gaps = new GapLog(state(COVERAGE), `${node}/found`);
    this.coverage = new CoverageWriter(options);
  }

  /** Counts frames read from the spool. Their outcomes are reported one by one. */
  read({ listener, receivedAt, sequence, count }: FramesRead): void {
    this.#outcomes.read(listener, receivedAt, count);
    const counter = sequence > this.#options.lastEarlier ? settledCounter(listener) : SETTLED_EARLIER;
    this.#pendingRead.set(counter, (this.#pendingRead.get(counter) ?? 0) + count);
  }

  /** Counts messages that cannot be read because the spool is damaged. */
  missing(missing: MissingMessages): void {
    const { from, to, count, alreadyStored } = missing;
    this.#outcomes.missing(missing);
    if (count > 0) this.#pendingDamaged.push({ from, to: Math.max(to, from + 1), reason: 'damaged', count });
    this.#pendingRead.set(SETTLED_EARLIER, (this.#pendingRead.get(SETTLED_EARLIER) ?? 0) + count + alreadyStored);
  }

  /** Counts a row that an earlier run has stored: it leaves the batch. */
  alreadyStored(batch: MessageBatch, row: number): void {
    this.#outcomes.alreadyStored(batch, row);
    this.#sequences.leftOut(batch, row);
  }

  dropped(batch: MessageBatch, row: number, stage: string): void {
    this.#outcomes.dropped(batch, row, stage);
    this.#sequences.leftOut(batch, row);
  }

  /** Counts a row of the batch in progress that the store refused for good. */
  deadLettered(batch: MessageBatch, row: number): void {
    this.#outcomes.deadLettered(batch, row);
    this.#options.counters.counter(DEAD_LETTERS).add();
  }

  /** Counts a batch: all its rows are stored, except those reported as dead letters. */
  stored(batch: MessageBatch): void {
    const rows = this.#groups.group(batch);
    this.#outcomes.stored(batch, rows);
    this.#sequences.follow(batch, rows);
    this.#outcomes.commit();
    for (const [counter, count] of this.#pendingRead) {
      this.#read.set(counter, (this.#read.get(counter) ?? 0) + count);
    }
    this.#pendingRead.clear();
    this.#damaged.push(...this.#pendingDamaged.splice(0));
  }

  /** Makes a position safe together with all counts up to the last `stored`. @throws what `makeSafe` throws */
  async save(position: Position, makeSafe: MakeSafe): Promise<void> {
    const { counters, node } = this.#options;
    this.#unsaved.push(this.#outcomes.take());
    this.#found.push(...this.#damaged.splice(0), ...this.#sequences.found(position.receivedAt));
    // If the store fails in between, the next `save` adds the rest.
    for (; this.#unsaved.length > 0; this.#unsaved.shift()) await this.#rollup.add(this.#unsaved[0]!);
    await this.#rollup.roll();
    for (; this.#found.length > 0; this.#found.shift()) await this.#gaps.add(this.#found[0]!);
    this.#sequencesState = this.#sequences.state() ?? this.#sequencesState;
    const own = [...this.#rollup.changes(), ...this.#gaps.changes()];
    if (this.#sequencesState !== undefined) {
      own.push({ namespace: COVERAGE, key: `${node}/senders`, value: this.#sequencesState });
    }
    await this.coverage.writeWith((changes) => makeSafe(position, [...own, ...changes]));
    this.#rollup.written();
    this.#gaps.written();
    this.#sequencesState = undefined;
    for (const [name, count] of this.#read) if (counters.names.includes(name)) counters.counter(name).add(count);
    this.#read.clear();
  }

  /** Records the end, once all listeners are closed. */
  end(): Promise<void> {
    return this.coverage.end(this.#unexplained());
  }

  /** Messages that listeners counted and the spool never had, or the reverse: any is a fault of Cordwood. */
  #unexplained(): Bucket {
    const { counters } = this.#options;
    const cell = new Bucket();
    const all = counters.snapshot();
    const listeners = counters.names.flatMap((name) => listenerOfSettled(name) ?? []);
    const settled = listeners.reduce((sum, name) => sum + all[settledCounter(name)]!, 0);
    // If messages are left in the spool, or its disk refused some, only the next run can tell.
    if (all['spool.messages'] !== settled || all['spool.failures'] !== 0) return cell;
    for (const name of listeners) cell.add('listener', name, 'unexplained', unsettled(all, name));
    return cell;
  }

  /** Restores what an earlier run knew about the numbers of senders. */
  async restore(): Promise<void> {
    const { state, node } = this.#options;
    const entry = await state(COVERAGE).get(`${node}/senders`);
    if (entry) this.#sequences.restore(entry.value);
  }
}

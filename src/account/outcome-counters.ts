import type { MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import { Bucket } from './bucket.ts';
import { RowGroups } from './row-groups.ts';
import { MAX_SENDERS, OTHER_HOSTS, SenderInterner } from './sender-interner.ts';

/** Frames of one listener that arrived together, the first with this sequence. */
export type FramesRead = {
  readonly listener: string;
  readonly receivedAt: number;
  readonly sequence: number;
  readonly count: number;
};

/** Messages that cannot be read, between two arrivals (ms): `count` are lost, `alreadyStored` are in the store. */
export type MissingMessages = {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly alreadyStored: number;
};

export const MINUTE = 60_000;

/** What became of a row; the index into the counts of a slot. */
const FATES = ['stored', 'dropped', 'dead'] as const;
const STORED = 0;
const DROPPED = 1;
const DEAD = 2;
const ROOM = (MAX_SENDERS + 256) * FATES.length;

/**
 * Counts what becomes of messages, by listener, host and minute of arrival. What is counted of a batch counts once
 * `commit` says that the batch is stored: what `take` gives out is exactly what lies up to the last committed batch.
 */
export class OutcomeCounters implements Outcomes {
  readonly #slots = new SenderInterner();
  /** Of the minute at hand: what is not committed yet, and what is. */
  readonly #pending = new Float64Array(ROOM);
  readonly #done = new Float64Array(ROOM);
  #from = 0;
  #to = 0;
  #minute = 0;
  /** Of other minutes, and what is not counted by slots. */
  readonly #pendingCells = new Map<number, Bucket>();
  #doneCells = new Map<number, Bucket>();

  /** All rows of a batch are stored, but those told of as dead letters. @param rows the batch's */
  stored(batch: MessageBatch, rows = new RowGroups().group(batch)): void {
    const { receivedAt, count } = batch;
    if (count === 0) return;
    const [first, last] = [receivedAt[0]!, receivedAt[count - 1]!];
    if (first < this.#from || first >= this.#to) this.#turn(first);
    // Rows are in order of arrival: few batches have some of two minutes.
    if (last >= this.#to) for (let row = 0; row < count; row++) this.#count(batch, row, STORED, 1);
    else
      for (let group = 0; group < rows.groups; group++)
        this.#count(batch, rows.firsts[group]!, STORED, rows.counts[group]!);
  }

  /** A row that an earlier run has stored, and not settled. */
  alreadyStored(batch: MessageBatch, row: number): void {
    this.#count(batch, row, STORED, 1);
  }

  dropped(batch: MessageBatch, row: number, stage: string): void {
    this.#count(batch, row, DROPPED, 1);
    this.#cell(this.#pendingCells, this.#from).add('stage', stage, 'dropped', 1);
  }

  /** A row of a batch that `stored` is told of afterwards. */
  deadLettered(batch: MessageBatch, row: number): void {
    this.#count(batch, row, STORED, -1);
    this.#count(batch, row, DEAD, 1);
  }

  /** Frames of a listener were read from the spool; what became of each is told otherwise. */
  read(listener: string, receivedAt: number, count: number): void {
    this.#cell(this.#pendingCells, receivedAt - (receivedAt % MINUTE)).add('listener', listener, 'taken', count);
  }

  /** Messages whose place in the spool is damaged, of whichever listener: `alreadyStored` of them are stored, the others lost. */
  missing({ to, count, alreadyStored }: Pick<MissingMessages, 'to' | 'count' | 'alreadyStored'>): void {
    const cell = this.#cell(this.#pendingCells, to - (to % MINUTE));
    cell.add('listener', '', 'damaged', count);
    cell.add('listener', '', 'taken', alreadyStored);
    cell.add('listener', '', 'stored', alreadyStored);
    cell.add('host', OTHER_HOSTS, 'stored', alreadyStored);
  }

  /** What was told of so far is stored. */
  commit(): void {
    const end = this.#slots.count * FATES.length;
    for (let index = 0; index < end; index++) {
      this.#done[index]! += this.#pending[index]!;
      this.#pending[index] = 0;
    }
    for (const [minute, cell] of this.#pendingCells) this.#cell(this.#doneCells, minute).addAll(cell);
    this.#pendingCells.clear();
  }

  /** What was committed since it was called last, by the minute's begin in ms. */
  take(): ReadonlyMap<number, Bucket> {
    this.#gather(this.#done, this.#doneCells);
    const taken = this.#doneCells;
    this.#doneCells = new Map();
    return taken;
  }

  #count(batch: MessageBatch, row: number, fate: number, amount: number): void {
    const at = batch.receivedAt[row]!;
    if (at < this.#from || at >= this.#to) this.#turn(at);
    this.#pending[this.#slots.of(batch, row, this.#minute) * FATES.length + fate]! += amount;
  }

  /** Goes to another minute. */
  #turn(at: number): void {
    this.#gather(this.#pending, this.#pendingCells);
    this.#gather(this.#done, this.#doneCells);
    this.#from = at - (at % MINUTE);
    this.#to = this.#from + MINUTE;
    this.#minute = this.#from / MINUTE;
    this.#slots.makeRoom(this.#minute);
  }

  /** Empties the counts of slots into the cell of their minute. */
  #gather(counts: Float64Array, into: Map<number, Bucket>): void {
    const end = this.#slots.count * FATES.length;
    for (let index = 0; index < end; index++) {
      const amount = counts[index]!;
      if (amount === 0) continue;
      counts[index] = 0;
      const slot = Math.floor(index / FATES.length);
      const fate = FATES[index % FATES.length]!;
      const cell = this.#cell(into, this.#from);
      cell.add('listener', this.#slots.listener(slot), fate, amount);
      cell.add('host', this.#slots.host(slot), fate, amount);
    }
  }

  #cell(cells: Map<number, Bucket>, minute: number): Bucket {
    let cell = cells.get(minute);
    if (!cell) {
      cell = new Bucket();
      cells.set(minute, cell);
    }
    return cell;
  }
}

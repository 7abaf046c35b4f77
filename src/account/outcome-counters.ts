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

/** What became of a row; an index into the counts of a sender. The names are persisted. */
const OUTCOMES = ['stored', 'dropped', 'dead'] as const;
const STORED = 0;
const DROPPED = 1;
const DEAD = 2;
const SIZE = (MAX_SENDERS + 256) * OUTCOMES.length;

/**
 * Counts what becomes of messages, by listener, host and minute of arrival. Counts of a batch are pending until `commit`:
 * `take` returns exactly the counts up to the last committed batch.
 */
export class OutcomeCounters implements Outcomes {
  readonly #senders = new SenderInterner();
  /** Counts of the current minute, by sender and outcome: pending ones, and committed ones. */
  readonly #pending = new Float64Array(SIZE);
  readonly #committed = new Float64Array(SIZE);
  #from = 0;
  #to = 0;
  #minute = 0;
  /** Counts of other minutes, and those that are not by sender. */
  readonly #pendingBuckets = new Map<number, Bucket>();
  #committedBuckets = new Map<number, Bucket>();

  /** Counts all rows of a batch as stored, except those reported as dead letters. @param groups the batch's */
  stored(batch: MessageBatch, groups = new RowGroups().group(batch)): void {
    const { receivedAt, count } = batch;
    if (count === 0) return;
    const [first, last] = [receivedAt[0]!, receivedAt[count - 1]!];
    if (first < this.#from || first >= this.#to) this.#startMinute(first);
    // Rows are in order of arrival: few batches span two minutes.
    if (last >= this.#to) for (let row = 0; row < count; row++) this.#count(batch, row, STORED, 1);
    else
      for (let group = 0; group < groups.groups; group++)
        this.#count(batch, groups.firsts[group]!, STORED, groups.counts[group]!);
  }

  /** Counts a row that an earlier run has stored but not made safe. */
  alreadyStored(batch: MessageBatch, row: number): void {
    this.#count(batch, row, STORED, 1);
  }

  dropped(batch: MessageBatch, row: number, stage: string): void {
    this.#count(batch, row, DROPPED, 1);
    this.#bucket(this.#pendingBuckets, this.#from).add('stage', stage, 'dropped', 1);
  }

  /** Counts a row as a dead letter; `stored` follows for its batch. */
  deadLettered(batch: MessageBatch, row: number): void {
    this.#count(batch, row, STORED, -1);
    this.#count(batch, row, DEAD, 1);
  }

  /** Counts frames of a listener that were read from the spool. */
  read(listener: string, receivedAt: number, count: number): void {
    this.#bucket(this.#pendingBuckets, receivedAt - (receivedAt % MINUTE)).add('listener', listener, 'taken', count);
  }

  /** Counts messages in damaged places of the spool; their listener is unknown. */
  missing({ to, count, alreadyStored }: Pick<MissingMessages, 'to' | 'count' | 'alreadyStored'>): void {
    const bucket = this.#bucket(this.#pendingBuckets, to - (to % MINUTE));
    bucket.add('listener', '', 'damaged', count);
    bucket.add('listener', '', 'taken', alreadyStored);
    bucket.add('listener', '', 'stored', alreadyStored);
    bucket.add('host', OTHER_HOSTS, 'stored', alreadyStored);
  }

  /** Commits all pending counts. */
  commit(): void {
    const end = this.#senders.count * OUTCOMES.length;
    for (let index = 0; index < end; index++) {
      this.#committed[index]! += this.#pending[index]!;
      this.#pending[index] = 0;
    }
    for (const [minute, bucket] of this.#pendingBuckets) this.#bucket(this.#committedBuckets, minute).addAll(bucket);
    this.#pendingBuckets.clear();
  }

  /** The counts committed since the last call, by the start of the minute, ms. */
  take(): ReadonlyMap<number, Bucket> {
    this.#gather(this.#committed, this.#committedBuckets);
    const taken = this.#committedBuckets;
    this.#committedBuckets = new Map();
    return taken;
  }

  #count(batch: MessageBatch, row: number, outcome: number, amount: number): void {
    const at = batch.receivedAt[row]!;
    if (at < this.#from || at >= this.#to) this.#startMinute(at);
    this.#pending[this.#senders.of(batch, row, this.#minute) * OUTCOMES.length + outcome]! += amount;
  }

  /** Makes the minute of `at` the current one. */
  #startMinute(at: number): void {
    this.#gather(this.#pending, this.#pendingBuckets);
    this.#gather(this.#committed, this.#committedBuckets);
    this.#from = at - (at % MINUTE);
    this.#to = this.#from + MINUTE;
    this.#minute = this.#from / MINUTE;
    this.#senders.makeRoom(this.#minute);
  }

  /** Moves counts by sender into the bucket of their minute. */
  #gather(counts: Float64Array, into: Map<number, Bucket>): void {
    const end = this.#senders.count * OUTCOMES.length;
    for (let index = 0; index < end; index++) {
      const amount = counts[index]!;
      if (amount === 0) continue;
      counts[index] = 0;
      const sender = Math.floor(index / OUTCOMES.length);
      const outcome = OUTCOMES[index % OUTCOMES.length]!;
      const bucket = this.#bucket(into, this.#from);
      bucket.add('listener', this.#senders.listener(sender), outcome, amount);
      bucket.add('host', this.#senders.host(sender), outcome, amount);
    }
  }

  #bucket(buckets: Map<number, Bucket>, minute: number): Bucket {
    let bucket = buckets.get(minute);
    if (!bucket) {
      bucket = new Bucket();
      buckets.set(minute, bucket);
    }
    return bucket;
  }
}

import type { MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import { Bucket } from './bucket.ts';
import { type FramesRead, type MissingMessages, OutcomeCounters } from './outcome-counters.ts';

/** Counts the messages in the spool that are not safe in the store, for a command when no server is running. */
export class WaitingCounters implements Outcomes {
  /** Messages with a known outcome: already stored, or dropped by a rule. */
  readonly #decided = new OutcomeCounters();
  readonly #waiting = new OutcomeCounters();

  /** Counts frames as read; those without another outcome are waiting. */
  read({ listener, receivedAt, count }: FramesRead): void {
    this.#decided.read(listener, receivedAt, count);
  }

  missing(missing: MissingMessages): void {
    this.#decided.missing(missing);
  }

  alreadyStored(batch: MessageBatch, row: number): void {
    this.#decided.alreadyStored(batch, row);
  }

  dropped(batch: MessageBatch, row: number, stage: string): void {
    this.#decided.dropped(batch, row, stage);
  }

  /** Counts the rows of a batch as waiting for the next server to store them. */
  addWaiting(batch: MessageBatch): void {
    this.#waiting.stored(batch);
  }

  /** All counts, by the start of the minute, ms. */
  buckets(): Map<number, Bucket> {
    this.#decided.commit();
    this.#waiting.commit();
    const buckets = new Map(this.#decided.take());
    for (const [minute, bucket] of this.#waiting.take()) {
      const all = buckets.get(minute) ?? new Bucket();
      buckets.set(minute, all);
      for (const kind of ['listener', 'host'] as const) {
        for (const { name, counts } of bucket.rows(kind)) {
          all.add(kind, name, 'waiting', counts['stored'] ?? 0);
          if (kind === 'listener') all.add(kind, name, 'taken', -(counts['stored'] ?? 0));
        }
      }
    }
    return buckets;
  }
}

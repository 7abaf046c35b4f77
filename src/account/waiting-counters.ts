import type { MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import { Bucket } from './bucket.ts';
import { type FramesRead, type MissingMessages, OutcomeCounters } from './outcome-counters.ts';

/** Counts what lies in the spool beyond what is settled, where a command reads it and no server runs. */
export class WaitingCounters implements Outcomes {
  /** What has been decided: held by the store already, or dropped by a rule. */
  readonly #decided = new OutcomeCounters();
  readonly #waiting = new OutcomeCounters();

  /** As it is read, it is counted by what becomes of it. */
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

  /** The rows of a batch are for the next server to store. */
  left(batch: MessageBatch): void {
    this.#waiting.stored(batch);
  }

  /** All of it, by the minute's begin in ms. */
  buckets(): Map<number, Bucket> {
    this.#decided.commit();
    this.#waiting.commit();
    const cells = new Map(this.#decided.take());
    for (const [minute, cell] of this.#waiting.take()) {
      const all = cells.get(minute) ?? new Bucket();
      cells.set(minute, all);
      for (const kind of ['listener', 'host'] as const) {
        for (const { name, counts } of cell.rows(kind)) {
          all.add(kind, name, 'waiting', counts['stored'] ?? 0);
          if (kind === 'listener') all.add(kind, name, 'taken', -(counts['stored'] ?? 0));
        }
      }
    }
    return cells;
  }
}

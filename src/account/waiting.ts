import type { MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { Missing, Taken } from './accounting.ts';
import { Cell } from './cell.ts';
import { Tally } from './tally.ts';

/** Counts what lies in the spool beyond what is settled, where a command reads it and no server runs. */
export class Waiting implements Outcomes {
  /** What has been decided: held by the store already, or dropped by a rule. */
  readonly #decided = new Tally();
  readonly #waiting = new Tally();

  /** As it is read, it is counted by what becomes of it. */
  taken({ listener, receivedAt, count }: Taken): void {
    this.#decided.taken(listener, receivedAt, count);
  }

  missing(missing: Missing): void {
    this.#decided.missing(missing);
  }

  held(batch: MessageBatch, row: number): void {
    this.#decided.held(batch, row);
  }

  dropped(batch: MessageBatch, row: number, stage: string): void {
    this.#decided.dropped(batch, row, stage);
  }

  /** The rows of a batch are for the next server to store. */
  left(batch: MessageBatch): void {
    this.#waiting.stored(batch);
  }

  /** All of it, by the minute's begin in ms. */
  cells(): Map<number, Cell> {
    this.#decided.commit();
    this.#waiting.commit();
    const cells = new Map(this.#decided.take());
    for (const [minute, cell] of this.#waiting.take()) {
      const all = cells.get(minute) ?? new Cell();
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

import type { MessageBatch } from './batch.ts';

/** Receives each row that the pipeline drops. The row is complete until the call returns. */
export interface Outcomes {
  /** A stage of this name has dropped the row. Called each time that the row is read from the spool. */
  dropped(batch: MessageBatch, row: number, stage: string): void;
}

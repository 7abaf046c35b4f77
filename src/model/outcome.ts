import type { MessageBatch } from './batch.ts';

/** Told of each row that does not reach the store as it came in; the row is whole until this returns. */
export interface Outcomes {
  /** A stage of the pipeline, of this name, lets it go no further: once for each time that the row is taken in. */
  dropped(batch: MessageBatch, row: number, stage: string): void;
}

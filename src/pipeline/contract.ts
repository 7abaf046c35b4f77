import type { Counter } from '../base/counters.ts';
import type { StageRows } from './stage-rows.ts';

/** What a stage gets besides its settings. */
type StageContext = {
  /** The `disposition` of rows that it drops. */
  readonly disposition: number;
  /** Counts the rows that it drops or changes. */
  readonly counter: Counter;
};

/**
 * One stage of the pipeline. It reads the rows of a batch whose disposition is `stored`, drops some
 * of them, and changes others through `StageRows`. The result depends only on the rows and on the
 * stage's memory, never on a clock or on chance: a batch that is read again after a crash is
 * treated as before it.
 */
export interface Stage {
  run(rows: StageRows): void;
  /** Whether it adds texts to the arena, which must have room for them. */
  readonly rewrites?: true;
  /** For a stage with memory: what it must know after a restart. It is stored together with *safe*. */
  readonly memory?: StageMemory;
}

interface StageMemory {
  /** The memory, as JSON. */
  save(): unknown;
  /** Restores what `save` has returned, and ignores values of other settings. */
  restore(saved: unknown): void;
}

/** Opens a stage. */
export type OpenStage<Settings> = (settings: Settings, context: StageContext) => Stage;

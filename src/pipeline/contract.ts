import type { Counter } from '../base/counters.ts';
import type { StageRows } from './stage-rows.ts';

/** What a stage is given beside its settings. */
export type StageContext = {
  /** The `disposition` of rows that it takes out. */
  readonly disposition: number;
  /** Counts rows that it takes out, or changes. */
  readonly counter: Counter;
};

/**
 * One stage of the pipeline. It looks at the rows of a batch whose disposition is `stored`, dooms those that go no further, and
 * changes others through `Rows`. What it does depends on the rows alone, and on its state: no clock, no chance, so that
 * a batch read once more after a crash fares as it did before.
 */
export interface Stage {
  run(rows: StageRows): void;
  /** Whether it puts other texts into the arena, which has to have room for them. */
  readonly rewrites?: true;
  /** For a stage that remembers: what it has to know after a restart, as JSON; it is kept together with *safe*. */
  readonly memory?: StageMemory;
}

export interface StageMemory {
  save(): unknown;
  /** Takes up what `save` gave; anything else leaves it as it is. */
  restore(saved: unknown): void;
}

/** Opens a stage. */
export type OpenStage<Settings> = (settings: Settings, context: StageContext) => Stage;

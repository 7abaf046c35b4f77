import { Counter, type Counters } from '../base/counters.ts';
import { DISPOSITION, type MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { OpenStage, Stage } from './contract.ts';
import { matchOf } from './match.ts';
import { STAGES, type StageSettings, stageCounter } from './registry.ts';
import { type RowTest, StageRows } from './stage-rows.ts';

export type PipelineSettings = {
  readonly pipeline: readonly StageSettings[];
  /** A stream without a `match` gets no rows; a row that matches no stream goes to `default`. */
  readonly streams: readonly { readonly name: string; readonly match?: string }[];
};

/** What happens to rows between the parser and the store: the stages, in order, then the streams. */
export interface Pipeline {
  /**
   * Leaves only the rows to store in the batch, each with its stream, and reports each row that a
   * stage drops.
   */
  run(batch: MessageBatch, outcomes?: Outcomes): void;
  /** Whether it adds texts to the arena, which must have room for them. */
  readonly rewrites: boolean;
  /**
   * What stages must know after a restart at the end of the last batch, as JSON; undefined if no
   * stage has memory.
   */
  save(): unknown;
  /** Restores what `save` has returned, for the stages that still exist. */
  restore(saved: unknown): void;
}

type Named = { readonly name: string; readonly stage: Stage };
type Classifier = { readonly name: string; readonly matches: RowTest };

/** Opens the configured stages, and loads only their code. */
export async function openPipeline(settings: PipelineSettings, counters?: Counters): Promise<Pipeline> {
  const stages: Named[] = [];
  for (const [index, each] of settings.pipeline.entries()) {
    const open = (await STAGES.find(({ name }) => name === each.kind)!.load()) as OpenStage<StageSettings>;
    const counter = counters?.counter(stageCounter(each)) ?? uncounted();
    stages.push({ name: each.name, stage: open(each, { disposition: DISPOSITION.dropped + index, counter }) });
  }
  const classifiers = settings.streams.flatMap(({ name, match }): Classifier[] =>
    match === undefined ? [] : [{ name, matches: matchOf(match) }],
  );
  return pipelineOf(stages, classifiers);
}

function pipelineOf(stages: readonly Named[], classifiers: readonly Classifier[]): Pipeline {
  const remembering = stages.filter(({ stage }) => stage.memory);
  return {
    rewrites: stages.some(({ stage }) => stage.rewrites),
    run(batch, outcomes) {
      if (stages.length > 0 || classifiers.length > 0) {
        const rows = new StageRows(batch);
        for (const { stage } of stages) stage.run(rows);
        if (classifiers.length > 0) classify(rows, classifiers);
      }
      if (batch.dropped === 0) return;
      if (outcomes) report(batch, outcomes, stages);
      batch.compact();
    },
    save() {
      if (remembering.length === 0) return undefined;
      return Object.fromEntries(remembering.map(({ name, stage }) => [name, stage.memory!.save()]));
    },
    restore(saved) {
      if (typeof saved !== 'object' || saved === null) return;
      const byName = new Map(Object.entries(saved));
      for (const { name, stage } of remembering) if (byName.has(name)) stage.memory!.restore(byName.get(name));
    },
  };
}

/** A row goes to the first stream that matches. A batch lists only streams that have rows. */
function classify(rows: StageRows, classifiers: readonly Classifier[]): void {
  const { batch } = rows;
  const listed = classifiers.map(({ name }) => batch.streams.indexOf(name));
  for (let row = 0; row < batch.count; row++) {
    if (!rows.isStored(row)) continue;
    const index = classifiers.findIndex(({ matches }) => matches(rows, row));
    if (index < 0) continue;
    if (listed[index]! < 0) listed[index] = batch.streams.push(classifiers[index]!.name) - 1;
    batch.stream[row] = listed[index]!;
  }
}

function report(batch: MessageBatch, outcomes: Outcomes, stages: readonly Named[]): void {
  for (let row = 0; row < batch.count; row++) {
    const disposition = batch.disposition[row]!;
    if (disposition >= DISPOSITION.dropped)
      outcomes.dropped(batch, row, stages[disposition - DISPOSITION.dropped]!.name);
  }
}

function uncounted(): Counter {
  return new Counter(new Float64Array(1), 0);
}

import { Counter } from '../base/counters.ts';
import { SILENT } from '../base/log.ts';
import { DISPOSITION, type MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { Stage } from './contract.ts';
import { stageCounter } from './counters.ts';
import { loadStage } from './load.ts';
import { matchOf } from './match.ts';
import type { Origin } from './relay/origins.ts';
import { RELAY_DROPS, RelayStage, type RelayStageParts } from './relay/stage.ts';
import type { StageSettings } from './registry.ts';
import { type RowTest, StageRows } from './stage-rows.ts';

export { STAGE_COUNTERS, stageCounter } from './counters.ts';
export { RELAY_COUNTERS } from './relay/counters.ts';

export type PipelineSettings = {
  readonly pipeline: readonly StageSettings[];
  /** A stream without a `match` gets no rows; a row that matches no stream goes to `default`. */
  readonly streams: readonly { readonly name: string; readonly match?: string }[];
  readonly listen?: readonly object[];
};

/** What a pipeline gets besides its settings. */
export type PipelineParts = Partial<RelayStageParts>;

/** What happens to rows between the parser and the store: their origin, the stages in order, the streams. */
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
  /** What is known of servers that forward here. */
  origins(): readonly Origin[];
}

export type { Origin };

/** The name of the memory of origins; no stage can have it. */
const RELAYS = '(relays)';

type Named = { readonly name: string; readonly stage: Stage };
type Classifier = { readonly name: string; readonly matches: RowTest };

/** Opens the configured stages, and loads only their code. */
export async function openPipeline(settings: PipelineSettings, parts: PipelineParts = {}): Promise<Pipeline> {
  const { counters, nonce, log = SILENT } = parts;
  const relays = new RelayStage({ nonce, counters, log }, DISPOSITION.dropped);
  const stages: Named[] = [];
  for (const [index, each] of settings.pipeline.entries()) {
    const open = await loadStage(each);
    const counter = counters?.counter(stageCounter(each)) ?? uncounted();
    stages.push({ name: each.name, stage: open(each, { disposition: FIRST_STAGE + index, counter }) });
  }
  const classifiers = settings.streams.flatMap(({ name, match }): Classifier[] =>
    match === undefined ? [] : [{ name, matches: matchOf(match) }],
  );
  const hasRelays = settings.listen?.some((listener) => 'relays' in listener) ?? false;
  return {
    ...pipelineOf(relays, stages, classifiers),
    rewrites: hasRelays || stages.some(({ stage }) => stage.rewrites),
  };
}

/** The disposition of rows that the first stage of the configuration drops. */
const FIRST_STAGE = DISPOSITION.dropped + RELAY_DROPS.length;

function pipelineOf(
  relays: RelayStage,
  stages: readonly Named[],
  classifiers: readonly Classifier[],
): Omit<Pipeline, 'rewrites'> {
  const remembering = [{ name: RELAYS, stage: relays }, ...stages.filter(({ stage }) => stage.memory)];
  const dropping = [...RELAY_DROPS, ...stages.map(({ name }) => name)];
  return {
    run(batch, outcomes) {
      const rows = new StageRows(batch);
      relays.run(rows);
      for (const { stage } of stages) stage.run(rows);
      if (classifiers.length > 0) classify(rows, classifiers);
      if (batch.dropped === 0) return;
      if (outcomes) report(batch, outcomes, dropping);
      batch.compact();
    },
    save() {
      if (stages.every(({ stage }) => !stage.memory) && relays.origins().length === 0) return undefined;
      return Object.fromEntries(remembering.map(({ name, stage }) => [name, stage.memory!.save()]));
    },
    restore(saved) {
      if (typeof saved !== 'object' || saved === null) return;
      const byName = new Map(Object.entries(saved));
      for (const { name, stage } of remembering) if (byName.has(name)) stage.memory!.restore(byName.get(name));
    },
    origins: () => relays.origins(),
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

function report(batch: MessageBatch, outcomes: Outcomes, names: readonly string[]): void {
  for (let row = 0; row < batch.count; row++) {
    const disposition = batch.disposition[row]!;
    if (disposition >= DISPOSITION.dropped) outcomes.dropped(batch, row, names[disposition - DISPOSITION.dropped]!);
  }
}

function uncounted(): Counter {
  return new Counter(new Float64Array(1), 0);
}

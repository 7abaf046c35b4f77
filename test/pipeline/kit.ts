import { Counters } from '../../src/base/counters.ts';
import { validate } from '../../src/base/validate.ts';
import type { LogMessage } from '../../src/model/message.ts';
import {
  openPipeline,
  type Pipeline,
  type PipelineSettings,
  RELAY_COUNTERS,
  stageCounter,
} from '../../src/pipeline/index.ts';
import { STAGES, type StageSettings } from '../../src/pipeline/registry.ts';
import { batchOf, type Draft, messagesOf } from '../support/batches.ts';

/** Free bytes of a test's arena, more than any test uses. */
export const ROOM = 1 << 20;

/** Settings as the configuration parses them, with the names that it gives. */
export function stage(given: { kind: string } & Record<string, unknown>): StageSettings {
  const { schema } = STAGES.find(({ name }) => name === given.kind)!;
  const result = validate(schema, given);
  if ('faults' in result) throw new Error(result.faults.map(({ message }) => message).join('\n'));
  return { ...result.value, name: result.value.name ?? `${given.kind}0` } as StageSettings;
}

export type Opened = { readonly pipeline: Pipeline; counted(): number };

export async function open(
  pipeline: readonly StageSettings[],
  streams: PipelineSettings['streams'] = [],
): Promise<Opened> {
  const counters = new Counters([...RELAY_COUNTERS, ...pipeline.map(stageCounter)]);
  const opened = await openPipeline({ pipeline, streams }, { counters });
  return { pipeline: opened, counted: () => Object.values(counters.snapshot()).reduce((sum, value) => sum + value, 0) };
}

/** The messages that a pipeline leaves, and the names of the stages that dropped the others. */
export async function through(
  stages: readonly StageSettings[],
  drafts: readonly Draft[],
  streams: PipelineSettings['streams'] = [],
): Promise<{ left: LogMessage[]; dropped: string[]; counted: number }> {
  const { pipeline, counted } = await open(stages, streams);
  const batch = batchOf(drafts, { room: ROOM });
  const dropped: string[] = [];
  pipeline.run(batch, { dropped: (_, row, name) => void dropped.push(`${name} ${row}`) });
  return { left: messagesOf(batch), dropped, counted: counted() };
}

import { counter, labelledNames } from '../base/counters.ts';
import type { StageSettings } from './registry.ts';

/** What the stages count, each one of the two. */
export const STAGE_COUNTERS = [
  counter('pipeline.<stage>.dropped', 'messages', 'Messages that a stage dropped (`drop`, `keep`, `rate-limit`)'),
  counter('pipeline.<stage>.changed', 'messages', 'Messages that a stage changed'),
] as const;

/** The name of a stage's counter. */
export function stageCounter({ kind, name }: StageSettings): string {
  const drops = kind === 'drop' || kind === 'keep' || kind === 'rate-limit';
  return labelledNames([STAGE_COUNTERS[drops ? 0 : 1]], [name])[0]!;
}

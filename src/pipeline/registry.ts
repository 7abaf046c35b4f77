import { counter, labelledNames } from '../base/counters.ts';
import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import type { OpenStage } from './contract.ts';
import {
  type DropSettings,
  dropSchema,
  type JsonSettings,
  jsonSchema,
  type KeepSettings,
  keepSchema,
  type RateLimitSettings,
  rateLimitSchema,
  type RedactSettings,
  redactSchema,
  type SeveritySettings,
  severitySchema,
} from './settings.ts';

export { RELAY_COUNTERS } from './relay/counters.ts';
export { matchText } from './settings.ts';

const drop = {
  name: 'drop',
  schema: dropSchema,
  load: async () => (await import('./drop.ts')).openDrop,
} as const satisfies Kind<z.ZodType, OpenStage<DropSettings>>;

const keep = {
  name: 'keep',
  schema: keepSchema,
  load: async () => (await import('./keep.ts')).openKeep,
} as const satisfies Kind<z.ZodType, OpenStage<KeepSettings>>;

const redact = {
  name: 'redact',
  schema: redactSchema,
  load: async () => (await import('./redact.ts')).openRedact,
} as const satisfies Kind<z.ZodType, OpenStage<RedactSettings>>;

const severity = {
  name: 'severity',
  schema: severitySchema,
  load: async () => (await import('./severity.ts')).openSeverity,
} as const satisfies Kind<z.ZodType, OpenStage<SeveritySettings>>;

const rateLimit = {
  name: 'rate-limit',
  schema: rateLimitSchema,
  load: async () => (await import('./rate-limit.ts')).openRateLimit,
} as const satisfies Kind<z.ZodType, OpenStage<RateLimitSettings>>;

const json = {
  name: 'json',
  schema: jsonSchema,
  load: async () => (await import('./json.ts')).openJson,
} as const satisfies Kind<z.ZodType, OpenStage<JsonSettings>>;

/** Every kind of stage, by the `kind:` of the configuration. */
export const STAGES = [drop, keep, redact, severity, rateLimit, json] as const;

/** Settings of a stage of any kind. The configuration names a stage that has no name in the file. */
export type StageSettings = z.output<(typeof STAGES)[number]['schema']> & { readonly name: string };

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

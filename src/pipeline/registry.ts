import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import type { OpenStage } from './contract.ts';
import { dropSchema, jsonSchema, keepSchema, rateLimitSchema, redactSchema, severitySchema } from './settings.ts';

export { matchText } from './settings.ts';

/** A kind of stage. Its code is in `load.ts`: the writer's thread needs it, and never the schemas. */
type StageKind = Omit<Kind<z.ZodType, OpenStage<never>>, 'load'>;

const drop = { name: 'drop', schema: dropSchema } as const satisfies StageKind;
const keep = { name: 'keep', schema: keepSchema } as const satisfies StageKind;
const redact = { name: 'redact', schema: redactSchema } as const satisfies StageKind;
const severity = { name: 'severity', schema: severitySchema } as const satisfies StageKind;
const rateLimit = { name: 'rate-limit', schema: rateLimitSchema } as const satisfies StageKind;
const json = { name: 'json', schema: jsonSchema } as const satisfies StageKind;

/** Every kind of stage, by the `kind:` of the configuration. */
export const STAGES = [drop, keep, redact, severity, rateLimit, json] as const;

/** Settings of a stage of any kind. The configuration names a stage that has no name in the file. */
export type StageSettings = z.output<(typeof STAGES)[number]['schema']> & { readonly name: string };

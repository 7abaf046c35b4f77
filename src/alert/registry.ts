import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import type { OpenRule } from './contract.ts';
import { absenceSchema, countSchema, matchSchema } from './rules/schemas.ts';

export { mailSchema, type MailSettings } from './settings.ts';

const count = {
  name: 'count',
  schema: countSchema,
  load: async () => (await import('./rules/count.ts')).openCount,
} as const satisfies Kind<z.ZodType, OpenRule>;

const absence = {
  name: 'absence',
  schema: absenceSchema,
  load: async () => (await import('./rules/absence.ts')).openAbsence,
} as const satisfies Kind<z.ZodType, OpenRule>;

const match = {
  name: 'match',
  schema: matchSchema,
  load: async () => (await import('./rules/match.ts')).openMatch,
} as const satisfies Kind<z.ZodType, OpenRule>;

/** Every kind of rule, by the `kind:` of the configuration. */
export const RULES = [count, absence, match] as const;

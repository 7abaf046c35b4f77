import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import { mailSchema, type WebhookSettings, webhookSchema } from './delivery/settings.ts';
import type { Judge, OpenRule } from './rules/judge.ts';
import { absenceSchema, countSchema, matchSchema, newSchema, ratioSchema, type Rule } from './rules/schemas.ts';

export type { MailSettings } from './delivery/settings.ts';
export { digestSchema, silenceSchema } from './settings.ts';

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

const ratio = {
  name: 'ratio',
  schema: ratioSchema,
  load: async () => (await import('./rules/ratio.ts')).openRatio,
} as const satisfies Kind<z.ZodType, OpenRule>;

const match = {
  name: 'match',
  schema: matchSchema,
  load: async () => (await import('./rules/match.ts')).openMatch,
} as const satisfies Kind<z.ZodType, OpenRule>;

const newKind = {
  name: 'new',
  schema: newSchema,
  load: async () => (await import('./rules/new.ts')).openNew,
} as const satisfies Kind<z.ZodType, OpenRule>;

/** Every kind of rule, by the `kind:` of the configuration. */
export const RULES = [count, absence, ratio, match, newKind] as const;

/** Loads the code of a rule's kind. */
export async function judgeOf(rule: Rule): Promise<Judge> {
  const kind = RULES.find(({ name }) => name === rule.kind)!;
  const open = (await kind.load()) as (rule: Rule) => Judge;
  return open(rule);
}

const webhook = {
  name: 'webhook',
  schema: webhookSchema,
  load: async () => (await import('./delivery/notifiers/webhook.ts')).openWebhook,
} as const satisfies Kind<z.ZodType, unknown>;

/**
 * The notifier for addresses. It is configured under `mail:` instead of by a `kind:` in
 * `notifiers:`.
 */
export const MAIL = {
  name: 'mail',
  schema: mailSchema,
  load: async () => (await import('./delivery/notifiers/mail.ts')).openMail,
} as const satisfies Kind<z.ZodType, unknown>;

/** Every kind of notifier for `notifiers:`, by its `kind:`. */
export const NOTIFIERS = [webhook] as const;
export type NotifierSettings = WebhookSettings;

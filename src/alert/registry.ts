import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import type { OpenRule } from './contract.ts';
import { absenceSchema, countSchema, matchSchema, newSchema, ratioSchema } from './rules/schemas.ts';

import { type WebhookSettings, webhookSchema } from './settings.ts';

export { digestSchema, mailSchema, type MailSettings, silenceSchema } from './settings.ts';

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

const never = {
  name: 'new',
  schema: newSchema,
  load: async () => (await import('./rules/new.ts')).openNew,
} as const satisfies Kind<z.ZodType, OpenRule>;

/** Every kind of rule, by the `kind:` of the configuration. */
export const RULES = [count, absence, ratio, match, never] as const;

const webhook = {
  name: 'webhook',
  schema: webhookSchema,
  load: async () => (await import('./delivery/notifiers/webhook.ts')).openWebhook,
} as const satisfies Kind<z.ZodType, unknown>;

/** Mail, loaded where it is configured: its library takes as long to import as a search. */
export const loadMail = async () => (await import('./delivery/notifiers/mail.ts')).openMail;

/** Every kind of notifier besides mail, by the `kind:` of the configuration. */
export const NOTIFIERS = [webhook] as const;
export type NotifierSettings = WebhookSettings;

import { duration, secret, shown, written, z, zone } from '../base/schema.ts';
import { severityCode } from '../model/priority.ts';
import { fieldOf, parseQuery, QueryError, unknownField } from '../query/index.ts';
import { scheduleFault } from './evaluate/schedule.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Fields that a rule can group by. */
const MAX_FIELDS = 4;

/** A query as `cordwood search` takes it. */
export function query(): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    try {
      parseQuery(text, { now: 0 });
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      context.addIssue({ code: 'custom', message: `${shown(text)} is no query: ${error.reason}`, input: text });
    }
  });
}

const schedule = z.string().superRefine((text, context) => {
  const fault = scheduleFault(text);
  if (fault !== undefined) {
    context.addIssue({ code: 'custom', message: `${shown(text)} is no cron schedule: ${fault}`, input: text });
  }
});

const field = z.string().transform((text, context) => {
  const name = fieldOf(text);
  if (name !== undefined) return name;
  context.addIssue({ code: 'custom', message: unknownField(text), input: text });
  return z.NEVER;
});

const severity = written('a severity, e.g. err, warning', {}, (given) => {
  const value = severityCode(String(given));
  return value === undefined ? { refused: `${shown(given)} is no severity; write e.g. crit, err, warning` } : { value };
});

/** An address, or the name of a notifier. A header could not carry anything else. */
const recipient = z.string().regex(/^(?:[^\s@<>,;:"()\\]+@[^\s@<>,;:"()\\]+|[a-z][a-z0-9_-]{0,31})$/, {
  error: ({ input }) => `${shown(input)} is neither an address (ops@example.org) nor the name of a notifier`,
});

/** Whole minutes, since windows are made of them. */
const minutes = (least: number, most: number) =>
  duration({ min: least, max: most }).refine((ms) => ms % MINUTE === 0, { error: 'is no whole number of minutes' });

const quietHours = written('hours of the day, e.g. 22:00-06:00', {}, (given) => {
  const [, from, to] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(String(given)) ?? [];
  if (from === undefined || to === undefined || from === to) {
    return { refused: `${shown(given)} is not of the form 22:00-06:00` };
  }
  return { value: { from: minuteOf(from), to: minuteOf(to) } };
});

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

/** What rules of every kind take. */
export const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,47}$/, { error: 'is not a name: a to z, 0 to 9, _ and -, 48 at most' })
    .meta({ description: 'the name in mails and on the command line' }),
  query: query().meta({ description: 'which messages, as cordwood search takes it' }),
  schedule: schedule.default('*/5 * * * *').meta({ description: 'when it is judged: five fields of crontab(5)' }),
  timezone: zone().optional().meta({ description: "the zone of schedule and quiet hours; the machine's by default" }),
  window: minutes(MINUTE, 31 * DAY)
    .prefault('10m')
    .meta({ description: 'how far back each judgement looks; whole minutes' }),
  by: z.array(field).max(MAX_FIELDS).default([]).meta({ description: 'fields to judge apart, e.g. [hostname]' }),
  severity: severity.prefault('warning').meta({ description: 'how bad it is, shown in the subject' }),
  to: z.array(recipient).min(1).meta({ description: 'addresses, or names of notifiers' }),
  runbook: z
    .string()
    .max(500)
    .regex(/^[^\r\n]*$/, { error: 'has more than one line' })
    .optional()
    .meta({ description: 'one line for whoever is woken up: what to do, or a link' }),
  for: minutes(0, 31 * DAY)
    .prefault('0s')
    .meta({ description: 'how long it must hold before anyone is told' }),
  repeat: minutes(MINUTE, 31 * DAY)
    .prefault('4h')
    .meta({ description: 'how often to tell again while it lasts' }),
  quiet: quietHours.optional().meta({ description: 'hours in which nobody is told; mails wait for their end' }),
};

/** Whether the end of an incident is told: on where a state ends, off where each line is an event of its own. */
export const resolve = (otherwise: 'on' | 'off') =>
  z.enum(['on', 'off']).default(otherwise).meta({ description: 'whether the end of it is told, too' });

/** Where mails go through. */
export const mailSchema = z.strictObject({
  from: z
    .string()
    .regex(/^(?:[^\r\n<>"]{1,100} )?<?[^\s@<>,;:"()\\]+@[^\s@<>,;:"()\\]+>?$/, {
      error: ({ input }) => `${shown(input)} is no sender, e.g. logs <logs@example.org>`,
    })
    .meta({ description: 'the sender, e.g. logs <logs@example.org>' }),
  smtp: z
    .string()
    .regex(/^smtps?:\/\/(?:[^\s:@/]+@)?[^\s@/]+(?::\d{1,5})?$/, {
      error: ({ input }) => `${shown(input)} is no server, e.g. smtps://user@mail.example.org:465`,
    })
    .meta({ description: 'the server: smtps:// with TLS from the start, smtp:// with STARTTLS where it offers that' }),
  password: secret().optional().meta({ description: 'of the user in smtp: {file: …} or {env: …}' }),
  tls: z.enum(['required', 'offered', 'off']).default('offered').meta({ description: 'of smtp://: whether STARTTLS' }),
  max_per_hour: z
    .int()
    .min(1)
    .max(3600)
    .default(20)
    .meta({ description: 'mails an hour to one recipient; then a summary' }),
  auto_submitted: z.boolean().default(true).meta({ description: 'whether to say that a machine wrote it (RFC 3834)' }),
});
export type MailSettings = z.output<typeof mailSchema>;

/** A program elsewhere that is told by HTTP. */
export const webhookSchema = z.strictObject({
  kind: z.literal('webhook'),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, {
      error: 'is not a name: a to z first, then a to z, 0 to 9, _ and -, 32 at most',
    })
    .meta({ description: 'what rules call it in to:' }),
  url: z
    .string()
    .regex(/^https?:\/\/[^\s@]+$/, { error: 'is no address of a web server, e.g. https://example.org/hook' })
    .meta({ description: 'where notices are sent by POST' }),
  secret: secret().optional().meta({ description: 'what signs each notice: {file: …} or {env: …}' }),
});
export type WebhookSettings = z.output<typeof webhookSchema>;

/** Who hears daily that all is well, or what is not. */
export const digestSchema = z.strictObject({
  to: z.array(recipient).default([]).meta({ description: 'who is told; without it nobody is' }),
  schedule: schedule.default('0 7 * * *').meta({ description: 'when: five fields of crontab(5)' }),
  timezone: zone().optional().meta({ description: "the zone of schedule and of times; the machine's by default" }),
  query: query().default('severity:<=err').meta({ description: 'among which messages new kinds are looked for' }),
});

/** What becomes of hosts that fall silent. */
export const silenceSchema = z.strictObject({
  to: z
    .array(recipient)
    .default([])
    .meta({ description: 'who is told; without it cordwood hosts --silent shows them' }),
  severity: severity.prefault('warning').meta({ description: 'how bad it is' }),
});

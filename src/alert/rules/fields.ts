import { duration, shown, written, z, zone } from '../../base/schema.ts';
import { DAY, MINUTE } from '../../base/units.ts';
import { severityCode } from '../../model/priority.ts';
import { fieldOf, queryFault, unknownField } from '../../query/index.ts';
import { scheduleFault } from './schedule.ts';

/** Fields that a rule can group by. */
const MAX_FIELDS = 4;
/** The longest window, and the furthest that a rule can look back, ms. */
export const MAX_WINDOW = 31 * DAY;

/** A query as `cordwood search` takes it. */
export function query(): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    const fault = queryFault(text);
    if (fault === undefined) return;
    context.addIssue({ code: 'custom', message: `${shown(text)} ${fault}`, input: text });
  });
}

/** A cron expression of five fields. */
export const schedule = z.string().superRefine((text, context) => {
  const fault = scheduleFault(text);
  if (fault === undefined) return;
  context.addIssue({ code: 'custom', message: `${shown(text)} is not a cron schedule: ${fault}`, input: text });
});

const field = z.string().transform((text, context) => {
  const name = fieldOf(text);
  if (name !== undefined) return name;
  context.addIssue({ code: 'custom', message: unknownField(text), input: text });
  return z.NEVER;
});

export const severity = written('a severity, e.g. err, warning', {}, (given) => {
  const value = severityCode(String(given));
  if (value !== undefined) return { value };
  return { refused: `${shown(given)} is not a severity; write e.g. crit, err or warning` };
});

/** An address, or the name of a notifier. Nothing else could be written into a mail header. */
export const recipient = z.string().regex(/^(?:[^\s@<>,;:"()\\]+@[^\s@<>,;:"()\\]+|[a-z][a-z0-9_-]{0,31})$/, {
  error: ({ input }) => `${shown(input)} is neither an address (ops@example.org) nor the name of a notifier`,
});

/** A duration of whole minutes, since counts are kept by minute. */
export const minutes = (least: number, most: number) =>
  duration({ min: least, max: most }).refine((ms) => ms % MINUTE === 0, { error: 'is not a whole number of minutes' });

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

/** The settings that rules of every kind have. */
export const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,47}$/, {
      error: 'is not a valid name: use a to z, 0 to 9, _ and -, 48 characters at most',
    })
    .meta({ description: 'the name in mails and on the command line' }),
  query: query().meta({ description: 'which messages to count, written as for cordwood search' }),
  schedule: schedule
    .default('*/5 * * * *')
    .meta({ description: 'when the rule is judged: five fields as in crontab(5)' }),
  timezone: zone()
    .optional()
    .meta({ description: 'the time zone of schedule and quiet; by default that of the machine' }),
  window: minutes(MINUTE, MAX_WINDOW)
    .prefault('10m')
    .meta({ description: 'how far back each judgement looks; whole minutes' }),
  by: z.array(field).max(MAX_FIELDS).default([]).meta({ description: 'fields to count apart, e.g. [hostname]' }),
  severity: severity.prefault('warning').meta({ description: 'how bad it is; shown in the subject' }),
  to: z.array(recipient).meta({ description: 'recipients: mail addresses or names of notifiers; [] sends no notices' }),
  runbook: z
    .string()
    .max(500)
    .regex(/^[^\r\n]*$/, { error: 'has more than one line' })
    .optional()
    .meta({ description: 'one line for the person on call: what to do, or a link' }),
  for: minutes(0, MAX_WINDOW)
    .prefault('0s')
    .meta({ description: 'how long the condition must hold before the first notice' }),
  repeat: minutes(MINUTE, MAX_WINDOW)
    .prefault('4h')
    .meta({ description: 'how often to send another notice while it lasts' }),
  quiet: quietHours.optional().meta({ description: 'hours in which no notice is sent; notices wait for their end' }),
};

/**
 * Whether the end of an incident is reported: by default on for states, which end, and off for
 * single messages.
 */
export const resolve = (otherwise: 'on' | 'off') =>
  z.enum(['on', 'off']).default(otherwise).meta({ description: 'whether to send a notice when it is over' });

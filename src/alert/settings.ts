import { z, zone } from '../base/schema.ts';
import { query, recipient, schedule, severity } from './rules/fields.ts';

export { nextTicks } from './rules/schedule.ts';

/** The daily digest. */
export const digestSchema = z.strictObject({
  to: z.array(recipient).default([]).meta({ description: 'its recipients; without any, it is not sent' }),
  schedule: schedule.default('0 7 * * *').meta({ description: 'when to send it: five fields as in crontab(5)' }),
  timezone: zone()
    .optional()
    .meta({ description: 'the time zone of schedule and of times in it; by default that of the machine' }),
  query: query().default('severity:<=err').meta({ description: 'the messages among which new kinds are looked for' }),
});

/** Notices about hosts that fall silent. */
export const silenceSchema = z.strictObject({
  to: z
    .array(recipient)
    .default([])
    .meta({ description: 'recipients; without any, cordwood hosts --silent shows silent hosts' }),
  severity: severity.prefault('warning').meta({ description: 'how bad it is' }),
});

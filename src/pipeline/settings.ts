import { duration, shown, type Written, written, z } from '../base/schema.ts';
import { MAX_PATTERN_LENGTH, Pattern, PatternError } from '../model/pattern.ts';
import { SEVERITIES } from '../model/priority.ts';
import { fieldsIn } from '../model/filter.ts';
import { parseQuery, queryFault } from '../query/index.ts';
import { SECRETS } from './secrets.ts';

/** What no message has before it has passed the pipeline. */
const NOT_YET = new Set(['stream', '_id']);

/** A query that decides about messages as they come in. */
export function matchText(description: string): Written<string> {
  return written('a query, e.g. appname:sshd severity:<=err', { format: 'query' }, (given) => {
    const text = String(given);
    const fault = queryFault(text);
    if (fault !== undefined) return { refused: `${shown(text)} ${fault}` };
    const unknown = fieldsIn(parseQuery(text, { now: 0 })).find((field) => NOT_YET.has(field));
    if (unknown === undefined) return { value: text };
    return { refused: `${shown(text)} asks for ${unknown}, which no message has before it is stored` };
  }).meta({ description }) as Written<string>;
}

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, {
    error: 'is not a name: a to z first, then a to z, 0 to 9, _ and -, 32 at most',
  })
  .optional()
  .meta({ description: 'the name in counters and in the account; by default the kind and a number: drop0' });
const match = matchText('the messages it is about');
const optionalMatch = match.optional().meta({ description: 'the messages it is about; without it, all' });

export const dropSchema = z.strictObject({ kind: z.literal('drop'), name, match });

export const keepSchema = z.strictObject({ kind: z.literal('keep'), name, match });

export const severitySchema = z.strictObject({
  kind: z.literal('severity'),
  name,
  match,
  to: z.enum(SEVERITIES).meta({ description: 'the severity they get' }),
});

export const jsonSchema = z.strictObject({
  kind: z.literal('json'),
  name,
  match: optionalMatch,
  message: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'the key whose text takes the place of the body; without it, the body stays as it came' }),
});

const pattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN_LENGTH)
  .superRefine((source, context) => {
    if ((SECRETS as readonly string[]).includes(source)) {
      const message = `${shown(source)} is the name of a pattern, not one; write it under what:`;
      context.addIssue({ code: 'custom', message, input: source });
    }
    try {
      if (new Pattern(source).test('')) {
        context.addIssue({
          code: 'custom',
          message: `${shown(source)} matches a text without a character`,
          input: source,
        });
      }
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      context.addIssue({ code: 'custom', message: `${shown(source)} is no pattern: ${error.message}`, input: source });
    }
  });

export const redactSchema = z
  .strictObject({
    kind: z.literal('redact'),
    name,
    match: optionalMatch,
    what: z.array(z.enum(SECRETS)).prefault([]).meta({ description: 'what to look for, by name' }),
    patterns: z.array(pattern).prefault([]).meta({ description: 'what else to look for, in RE2 syntax' }),
    with: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'what stands in its place; by default its name: [ipv4], and [redacted] for patterns' }),
  })
  .refine(({ what, patterns }) => what.length + patterns.length > 0, {
    error: 'looks for nothing; name something in what: or patterns:',
  });

export const rateLimitSchema = z.strictObject({
  kind: z.literal('rate-limit'),
  name,
  match: optionalMatch,
  by: z
    .enum(['hostname', 'source.ip'])
    .default('hostname')
    .meta({ description: 'whose messages are counted together: the host a message names, or the peer that sent it' }),
  limit: z.int().min(1).meta({ description: 'messages of one host (or peer) in each stretch of time' }),
  every: duration({ min: 1000, max: 86_400_000 }).prefault('1m').meta({ description: 'the stretch of time' }),
});

export type DropSettings = z.output<typeof dropSchema>;
export type KeepSettings = z.output<typeof keepSchema>;
export type SeveritySettings = z.output<typeof severitySchema>;
export type JsonSettings = z.output<typeof jsonSchema>;
export type RedactSettings = z.output<typeof redactSchema>;
export type RateLimitSettings = z.output<typeof rateLimitSchema>;

import { duration, shortName, shown, type Written, written, z } from '../base/schema.ts';
import { DAY } from '../base/units.ts';
import { MAX_PATTERN_LENGTH, Pattern, PatternError } from '../model/pattern.ts';
import { SEVERITIES } from '../model/priority.ts';
import { fieldsIn } from '../model/filter.ts';
import { parseQuery, queryFault } from '../query/index.ts';
import { SECRETS } from './secrets.ts';

/** Fields that a message gets only after the pipeline. */
const NOT_YET = new Set(['stream', '_id']);

/** A query that is applied to incoming messages. */
export function matchText(description: string): Written<string> {
  return written('a query, e.g. appname:sshd severity:<=err', { format: 'query' }, (given) => {
    const text = String(given);
    const fault = queryFault(text);
    if (fault !== undefined) return { refused: `${shown(text)} ${fault}` };
    const unknown = fieldsIn(parseQuery(text, { now: 0 })).find((field) => NOT_YET.has(field));
    if (unknown === undefined) return { value: text };
    return { refused: `${shown(text)} uses ${unknown}, which no message has before it is stored` };
  }).meta({ description }) as Written<string>;
}

const name = shortName().optional().meta({
  description: 'the name of the stage in counters and in the account; default: the kind and a number, e.g. drop0',
});
const match = matchText('which messages the stage applies to');
const optionalMatch = match.optional().meta({ description: 'which messages the stage applies to; default: all' });

export const dropSchema = z.strictObject({ kind: z.literal('drop'), name, match });

export const keepSchema = z.strictObject({ kind: z.literal('keep'), name, match });

export const severitySchema = z.strictObject({
  kind: z.literal('severity'),
  name,
  match,
  to: z.enum(SEVERITIES).meta({ description: 'the new severity of these messages' }),
});

export const jsonSchema = z.strictObject({
  kind: z.literal('json'),
  name,
  match: optionalMatch,
  message: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'the key whose text becomes the message; default: the message stays as received' }),
});

const pattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN_LENGTH)
  .superRefine((source, context) => {
    if ((SECRETS as readonly string[]).includes(source)) {
      const message = `${shown(source)} is the name of a pattern, not a pattern; write it under what:`;
      context.addIssue({ code: 'custom', message, input: source });
    }
    try {
      if (new Pattern(source).test('')) {
        context.addIssue({
          code: 'custom',
          message: `${shown(source)} matches an empty text`,
          input: source,
        });
      }
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      context.addIssue({
        code: 'custom',
        message: `${shown(source)} is not a pattern: ${error.message}`,
        input: source,
      });
    }
  });

export const redactSchema = z
  .strictObject({
    kind: z.literal('redact'),
    name,
    match: optionalMatch,
    what: z.array(z.enum(SECRETS)).prefault([]).meta({ description: 'what to hide, by name' }),
    patterns: z.array(pattern).prefault([]).meta({ description: 'what else to hide: patterns in RE2 syntax' }),
    with: z.string().max(64).optional().meta({
      description: 'the replacement; default: the name in brackets, e.g. [ipv4], and [redacted] for patterns',
    }),
  })
  .refine(({ what, patterns }) => what.length + patterns.length > 0, {
    error: 'hides nothing; list at least one entry in what: or patterns:',
  });

export const rateLimitSchema = z.strictObject({
  kind: z.literal('rate-limit'),
  name,
  match: optionalMatch,
  by: z
    .enum(['hostname', 'source.ip'])
    .default('hostname')
    .meta({ description: 'whether messages are counted by the host that they name, or by the peer that sent them' }),
  limit: z.int().min(1).meta({ description: 'the most messages of one host (or peer) in each window' }),
  every: duration({ min: 1000, max: DAY }).prefault('1m').meta({ description: 'the length of a window' }),
});

export type DropSettings = z.output<typeof dropSchema>;
export type KeepSettings = z.output<typeof keepSchema>;
export type SeveritySettings = z.output<typeof severitySchema>;
export type JsonSettings = z.output<typeof jsonSchema>;
export type RedactSettings = z.output<typeof redactSchema>;
export type RateLimitSettings = z.output<typeof rateLimitSchema>;

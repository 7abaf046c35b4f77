import type { Scope } from '../ask/contract.ts';
import { CordwoodError } from '../base/errors.ts';
import { shown, z } from '../base/schema.ts';
import { formatPath, validate } from '../base/validate.ts';
import { parseSpan } from '../query/index.ts';

/** A whole number, in a query string as its digits. */
export function whole(min: number, max: number, description: string) {
  const wanted = `a whole number from ${min} to ${max}`;
  return z
    .union([z.number(), z.string()])
    .transform((given, context) => {
      const value = typeof given === 'string' && /^-?\d{1,15}$/.test(given) ? Number(given) : given;
      if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
      context.addIssue({ code: 'custom', message: `${shown(given)} is not ${wanted}`, input: given });
      return z.NEVER;
    })
    .meta({ type: 'integer', minimum: min, maximum: max, description });
}

/** Names separated by commas, or a list. */
export function names(description: string) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) =>
      [given]
        .flat()
        .flatMap((text) => text.split(',').map((name) => name.trim()))
        .filter(Boolean),
    )
    .meta({ description });
}

/** A yes or no: `true`, `false`; in a query string also just the name. */
export function flag(description: string) {
  return z
    .union([z.boolean(), z.enum(['true', 'false', ''])])
    .transform((given) => given === true || given === 'true' || given === '')
    .meta({ description });
}

/** A time: as typed, or ms as a number. */
export const time = z.union([z.string().max(100), z.number()]);

/** Which messages a question is about. */
export const SCOPE = {
  query: z.string().optional().meta({ description: 'the query; default: all messages' }),
  since: time.optional().meta({
    description:
      'only what arrived then or later: `-1h`, `yesterday`, `2026-11-22 14:00`, RFC 3339, `@` and seconds, ' +
      'ms as a number, or `all`; default: the last 24 hours',
  }),
  until: time.optional().meta({ description: 'only what arrived before then' }),
  zone: z.string().max(100).optional().meta({ description: 'time zone of times without one; default: UTC' }),
};
export type GivenScope = z.output<z.ZodObject<typeof SCOPE>>;

/** Reads the window as the command line does. @throws CordwoodError ERR_USAGE */
export function scopeOf({ query, since, until, zone = 'UTC' }: GivenScope, now: number): Scope {
  const at = (given: string | number): number => timeOf(given, { now, zone });
  return {
    ...(query !== undefined && query !== '' && { query }),
    ...(since !== undefined && since !== '' && { since: since === 'all' ? 'all' : at(since) }),
    ...(until !== undefined && until !== '' && { until: at(until) }),
    zone,
  };
}

/** A time as typed, ms. @throws CordwoodError ERR_USAGE */
export function timeOf(given: string | number, context: { readonly now: number; readonly zone: string }): number {
  if (typeof given === 'number') return given;
  // In a query string, a number is a text, too. Ten digits or fewer are seconds, as on the command line.
  if (/^-?\d{11,16}$/.test(given)) return Number(given);
  return parseSpan(given, context).from;
}

/** The checked parameters of a route. @throws CordwoodError ERR_USAGE with everything that is wrong */
export function readParams<Schema extends z.ZodType>(schema: Schema, given: unknown, what: string): z.output<Schema> {
  const result = validate(schema, given);
  if ('value' in result) return result.value;
  const faults = result.faults.map(({ path, message }) => `${formatPath(path) || 'parameters'}: ${message}`);
  throw new CordwoodError('ERR_USAGE', `cannot answer ${what}: ${faults.join('; ')}`);
}

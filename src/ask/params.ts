import { CordwoodError } from '../base/errors.ts';
import { z, zone } from '../base/schema.ts';
import { formatPath, validate } from '../base/validate.ts';
import type { QuestionName, Questions } from './contract.ts';

const when = z.number().min(-8.64e15).max(8.64e15);
const number = z.int().min(0).max(1_000_000_000);

const name = z.string().min(1).max(100);

const id = z.string().regex(/^[0-9a-f]{32}$/, { error: 'is not the id of a message' });

const hostNames = z.array(z.string().min(1).max(255)).max(20_000);

const scope = {
  query: z.string().optional(),
  filters: z.array(z.strictObject({ text: z.string(), flag: z.string() })).optional(),
  since: z.union([when, z.literal('all')], { error: 'is neither a time in ms nor "all"' }).optional(),
  until: when.optional(),
  zone: z.string().optional(),
};

const holdName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
  error: 'is not a valid name: use a to z, 0 to 9, _ and -, a letter or digit first, at most 64 characters',
});

const SCHEMAS: { readonly [Name in QuestionName]: z.ZodType } = {
  search: z.strictObject({
    ...scope,
    order: z.enum(['oldest', 'newest']).optional(),
    limit: number.optional(),
    from: z.enum(['start', 'end']).optional(),
    before: number.max(100_000).optional(),
    after: number.max(100_000).optional(),
    follow: z.boolean().optional(),
    cursor: z.string().optional(),
    olderThan: id.optional(),
    newerThan: id.optional(),
    upTo: z.array(id).max(65_536).optional(),
  }),
  count: z.strictObject(scope),
  hist: z.strictObject({
    ...scope,
    by: z.string().optional(),
    every: z.int().min(1).optional(),
    buckets: z.int().min(1).max(10_000).optional(),
  }),
  top: z.strictObject({ ...scope, fields: z.array(z.string()).min(1).max(8), limit: number.min(1).optional() }),
  fields: z.strictObject(scope),
  stats: z.strictObject({}),
  hosts: z.discriminatedUnion('action', [
    z.strictObject({ action: z.literal('list') }),
    z.strictObject({
      action: z.literal('expect'),
      hosts: hostNames,
      within: z
        .int()
        .min(60_000)
        .max(31 * 86_400_000)
        .optional(),
    }),
    z.strictObject({ action: z.literal('retire'), host: z.string().min(1).max(255) }),
  ]),
  clocks: z.discriminatedUnion('action', [
    z.strictObject({ action: z.literal('list'), hosts: hostNames }),
    z.strictObject({ action: z.literal('set'), hosts: hostNames, zone: zone().optional() }),
    z.strictObject({ action: z.literal('unset'), hosts: hostNames.min(1) }),
  ]),
  alerts: z.discriminatedUnion('action', [
    z.strictObject({ action: z.literal('list') }),
    z.strictObject({ action: z.literal('letters'), name }),
    z.strictObject({ action: z.literal('ack'), incident: name, note: z.string().max(500).optional() }),
    z.strictObject({ action: z.literal('resolve'), incident: name }),
    z.strictObject({ action: z.literal('silence'), rule: name, ms: when.min(0) }),
    z.strictObject({ action: z.literal('mute'), ms: when.min(0) }),
    z.strictObject({ action: z.literal('retry') }),
    z.strictObject({ action: z.literal('digest'), send: z.boolean() }),
    z.strictObject({ action: z.literal('test'), rule: name, since: when, until: when, perWeek: number }),
  ]),
  forwards: z.discriminatedUnion('action', [
    z.strictObject({ action: z.literal('list') }),
    z.strictObject({
      action: z.literal('skip'),
      name,
      to: z.union([z.enum(['now', 'start']), when.min(0)]),
      why: z.string().min(1).max(1000),
    }),
  ]),
  nodes: z.strictObject({}),
  account: z.strictObject({ since: scope.since, until: scope.until, verify: z.boolean().optional() }),
  streams: z.strictObject({}),
  holds: z.strictObject({}),
  'hold-add': z.strictObject({ ...scope, name: holdName.optional(), why: z.string().min(1).max(1000) }),
  'hold-release': z.strictObject({ name: z.string() }),
  names: z.strictObject({
    of: z.enum(['host', 'program', 'stream', 'listener', 'rule', 'incident', 'alert', 'hold', 'forward', 'field']),
    prefix: z.string().max(255),
  }),
};

/** The checked parameters of a question. @throws CordwoodError ERR_USAGE with everything that is wrong */
export function readParams<Name extends QuestionName>(name: Name, given: unknown): Questions[Name]['params'] {
  const result = validate(SCHEMAS[name], given);
  if ('value' in result) return result.value as Questions[Name]['params'];
  const faults = result.faults.map(({ path, message }) => `${formatPath(path) || 'parameters'}: ${message}`);
  throw new CordwoodError('ERR_USAGE', `cannot answer ${name}: ${faults.join('; ')}`);
}

import { DAY } from '../../base/units.ts';
import { answer } from '../../ask/index.ts';
import { z } from '../../base/schema.ts';
import { format, parseQuery } from '../../query/index.ts';
import { collect, MAX_ROWS, windowOf } from '../answer/collect.ts';
import { type GivenScope, names, SCOPE, scopeOf, whole } from '../params.ts';
import { type Route, route } from '../route.ts';
import { GROUP, listOf, WINDOW } from './shapes.ts';

/** Values of a field that are looked through for a prefix. */
const MOST_VALUES = 10_000;

/** Counting messages. */
export const COUNT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/count',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'Counts messages',
    alsoPost: true,
    params: z.strictObject(SCOPE),
    answer: z.looseObject({ count: z.number(), ...WINDOW }),
    handle: async ({ params, context, signal }) => {
      const { items, end } = await collect(answer('count', scopeOf(params, context.now()), context, signal));
      return { ...items[0], ...windowOf(end) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/histogram',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'Counts messages over time; buckets without messages are left out',
    alsoPost: true,
    params: z.strictObject({
      ...SCOPE,
      by: z.string().optional().meta({ description: 'a field: counts each of its values, e.g. `severity`' }),
      every: whole(1, 1e12, 'length of a bucket, ms').optional(),
      buckets: whole(1, MAX_ROWS, 'buckets, at most, if `every` is absent; default: 60').optional(),
    }),
    answer: z.looseObject({ every: z.number(), items: z.array(GROUP), ...WINDOW }),
    handle: async ({ params, context, signal }) => {
      const { by, every, buckets, ...scope } = params;
      const wanted = { ...(by !== undefined && { by }), ...(every && { every }), ...(buckets && { buckets }) };
      const hist = { ...scopeOf(scope, context.now()), ...wanted };
      const { items, end } = await collect(answer('hist', hist, context, signal));
      return { every: end.every, items, ...windowOf(end) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/top',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'Lists the most common values of a field, or combinations of several',
    alsoPost: true,
    params: z.strictObject({
      ...SCOPE,
      fields: names('fields, separated by commas'),
      limit: whole(1, MAX_ROWS, 'most values').default(10),
    }),
    answer: listOf(GROUP),
    handle: async ({ params, context, signal }) => {
      const { fields, limit, ...scope } = params;
      const top = { ...scopeOf(scope, context.now()), fields, limit };
      const { items, end } = await collect(answer('top', top, context, signal));
      return { items, ...windowOf(end) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/fields',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'Lists the fields that messages have, the most common first',
    alsoPost: true,
    params: z.strictObject(SCOPE),
    answer: listOf(z.object({ name: z.string(), count: z.number() })),
    handle: async ({ params, context, signal }) => {
      const { items, end } = await collect(answer('fields', scopeOf(params, context.now()), context, signal));
      return { items, ...windowOf(end) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/fields/{name}/values',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'Lists the values of a field that begin with a text, the most common first',
    params: z.strictObject({
      ...SCOPE,
      name: z.string(),
      prefix: z.string().max(1000).default('').meta({ description: 'their beginning; case does not matter' }),
      limit: whole(1, 1000, 'most values').default(50),
    }),
    answer: listOf(z.object({ value: z.union([z.string(), z.number()]), count: z.number() })),
    handle: async ({ params, context, signal }) => {
      const { name, prefix, limit, ...scope } = params;
      const top = { ...scopeOf(scope, context.now()), fields: [name], limit: MOST_VALUES };
      const { items, end } = await collect(answer('top', top, context, signal));
      const wanted = prefix.toLowerCase();
      const found = (items as { values: (string | number | null)[]; count: number }[]).flatMap(({ values, count }) => {
        const value = values[0];
        const fits = value !== null && value !== undefined && String(value).toLowerCase().startsWith(wanted);
        return fits ? [{ value, count }] : [];
      });
      const limited = end.limited === true || found.length > limit;
      return { items: found.slice(0, limit), ...windowOf({ ...end, limited }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/check',
    access: 'read',
    limited: 'within',
    about: 'Reads a query and a window without searching: how they were understood, and the command that asks the same',
    params: z.strictObject(SCOPE),
    answer: z.object({ query: z.string(), window: WINDOW.window, command: z.string() }),
    handle: ({ params, context, signal }) => {
      const now = context.now();
      const scope = scopeOf(params, now);
      // What no search would accept is refused at once; nothing is searched before the first row is asked for.
      void answer('count', scope, context, signal);
      const { query = '', since, until, zone } = scope;
      const window = {
        ...(typeof since === 'number' && { since }),
        ...(since === undefined && { since: (until ?? now) - DAY, sinceDefault: true }),
        ...(until !== undefined && { until }),
      };
      return { query: format(parseQuery(query, { now, zone })), window, command: commandOf(params) };
    },
  }),
];

/** The command line that asks the same question. */
function commandOf({ query = '', since, until, zone }: GivenScope): string {
  const flags = [
    ...(since === undefined ? [] : ['-S', timeWord(since)]),
    ...(until === undefined ? [] : ['-U', timeWord(until)]),
    ...(zone === undefined ? [] : ['--timezone', zone]),
  ];
  return ['cordwood', 'search', ...flags, ...(query === '' ? [] : ['--', query])].map(shellWord).join(' ');
}

function timeWord(time: string | number): string {
  return typeof time === 'number' ? new Date(time).toISOString() : time;
}

/** A word as a shell reads it back. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

import { answer } from '../../ask/index.ts';
import { z } from '../../base/schema.ts';
import { collect, MAX_ROWS, windowOf } from '../answer/collect.ts';
import { names, SCOPE, scopeOf, whole } from '../params.ts';
import { type Route, route } from '../route.ts';
import { GROUP, listOf, WINDOW } from './shapes.ts';

const LIMIT = 100;

/** Questions about messages. */
export const MESSAGE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/messages',
    access: 'read',
    limited: 'within',
    about: 'Finds messages, the newest first',
    alsoPost: true,
    params: z.strictObject({
      ...SCOPE,
      limit: whole(1, MAX_ROWS, 'most messages').default(LIMIT),
      order: z.enum(['newest', 'oldest']).default('newest').meta({ description: 'order of the answer' }),
      before: whole(0, 1000, 'lines of the same host before each').optional(),
      after: whole(0, 1000, 'lines of the same host after each').optional(),
    }),
    answer: listOf(z.looseObject({})),
    handle: async ({ params, context, signal }) => {
      const { limit, order, before, after, ...scope } = params;
      const lines = { ...(before && { before }), ...(after && { after }) };
      const search = { ...scopeOf(scope, context.now()), limit, order, from: 'end', ...lines } as const;
      const { items, end } = await collect(answer('search', search, context, signal));
      return { items, ...windowOf(end) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/count',
    access: 'read',
    limited: 'within',
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
    about: 'Lists the fields that messages have, the most common first',
    alsoPost: true,
    params: z.strictObject(SCOPE),
    answer: listOf(z.object({ name: z.string(), count: z.number() })),
    handle: async ({ params, context, signal }) => {
      const { items, end } = await collect(answer('fields', scopeOf(params, context.now()), context, signal));
      return { items, ...windowOf(end) };
    },
  }),
];

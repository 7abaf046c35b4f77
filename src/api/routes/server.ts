import { z } from '../../base/schema.ts';
import { Body, type Route, route } from '../route.ts';
import { askAll } from './ask-all.ts';

const NOTHING = z.strictObject({});

/** Questions about the server itself. */
export const SERVER_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/stats',
    access: 'read',
    limited: 'refused',
    about: 'What is stored, what listens, what was dropped: every counter',
    params: NOTHING,
    answer: z.looseObject({ version: z.string(), counters: z.record(z.string(), z.number()) }),
    handle: async (asked) => {
      const { items, end } = await askAll(asked, 'stats', {});
      return { ...items[0], ...(end.gaps && { gaps: end.gaps }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes',
    access: 'read',
    limited: 'refused',
    about: 'The receivers that write to the store, and the relays of each',
    params: NOTHING,
    answer: z.object({ items: z.array(z.looseObject({ node: z.number(), state: z.string() })) }),
    handle: async (asked) => ({ items: (await askAll(asked, 'nodes', {})).items }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/forwards',
    access: 'read',
    limited: 'refused',
    about: 'The destinations of `forward:`: where each is connected, how far it is behind, what was lost',
    params: NOTHING,
    answer: z.object({
      items: z.array(z.looseObject({ name: z.string(), status: z.looseObject({ kind: z.string() }) })),
    }),
    handle: async (asked) => ({ items: (await askAll(asked, 'forwards', { action: 'list' })).items }),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    access: 'metrics',
    limited: 'refused',
    about: 'Figures of the server for Prometheus',
    params: NOTHING,
    types: ['text/plain'],
    handle: async ({ world: { metrics } }) => new Body(metrics.contentType, await metrics.text()),
  }),
  route({
    method: 'GET',
    path: '/health/live',
    access: 'everyone',
    limited: 'within',
    about: 'Answers as long as the server runs',
    params: NOTHING,
    answer: z.object({ live: z.literal(true) }),
    handle: () => ({ live: true }),
  }),
  route({
    method: 'GET',
    path: '/health/ready',
    access: 'everyone',
    limited: 'within',
    about: 'Whether everything that earlier runs received is stored, and new messages are: 200, else 503',
    params: NOTHING,
    answer: z.object({ ready: z.boolean() }),
    handle: ({ world, reply }) => {
      const ready = world.unready().length === 0;
      reply.code(ready ? 200 : 503);
      return { ready };
    },
  }),
];

import { z } from '../../base/schema.ts';
import { PROBLEMS, Refused } from '../problem.ts';
import { Body, type Route, route, SENT } from '../route.ts';

/** What the API says of itself. */
export const ABOUT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/openapi.json',
    access: 'everyone',
    limited: 'within',
    about: 'This API as OpenAPI 3.1',
    params: z.strictObject({}),
    answer: z.looseObject({ openapi: z.string() }),
    handle: async ({ world, request, reply }) => {
      const { text, etag } = await world.openApi();
      void reply.header('cache-control', 'no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) {
        await reply.code(304).send();
        return SENT;
      }
      return new Body('application/json; charset=utf-8', text);
    },
  }),
  route({
    method: 'GET',
    path: '/problems/{kind}',
    access: 'everyone',
    limited: 'within',
    about: 'What a kind of problem is: the `type` of a problem leads here',
    params: z.strictObject({ kind: z.string().max(50) }),
    types: ['text/plain'],
    handle: ({ params }) => {
      const found = Object.entries(PROBLEMS).find(([, { kind }]) => kind === params.kind);
      if (!found) throw new Refused('ERR_NOT_FOUND', `cannot explain ${JSON.stringify(params.kind)}: no such problem`);
      const [code, { status, title }] = found;
      return new Body('text/plain; charset=utf-8', `${code}, status ${status}: ${title}.\n`);
    },
  }),
];

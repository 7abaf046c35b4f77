import { answer, answerInChunks } from '../../ask/index.ts';
import { z } from '../../base/schema.ts';
import { FORMATS, formatFor } from '../answer/accept.ts';
import { collect, MAX_ROWS, windowOf } from '../answer/collect.ts';
import { neighbours, pageParams } from '../answer/pages.ts';
import { sendNdjson, sendText } from '../answer/stream.ts';
import { type PageToken, readPageToken, writePageToken } from '../page-token.ts';
import { SCOPE, scopeOf, whole } from '../params.ts';
import { type Route, route } from '../route.ts';
import type { Asked } from '../world.ts';
import { listOf } from './shapes.ts';

/** Messages of a page, if the client does not say how many. */
const LIMIT = 100;

const MESSAGES = z.strictObject({
  ...SCOPE,
  limit: whole(1, MAX_ROWS, 'most messages; default: 100').default(LIMIT),
  order: z
    .enum(['newest', 'oldest'])
    .default('newest')
    .meta({ description: 'order of the answer, and the end of the window at which it begins' }),
  before: whole(0, 1000, 'lines of the same host before each').optional(),
  after: whole(0, 1000, 'lines of the same host after each').optional(),
  page: z.string().max(1_000_000).optional().meta({ description: '`next` or `previous` of an earlier answer' }),
});
type MessagesAsked = Asked<z.output<typeof MESSAGES>>;

/** Finding messages. */
export const MESSAGE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/messages',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'Finds messages; also as NDJSON, CSV or text, by `Accept`',
    alsoPost: true,
    params: MESSAGES,
    types: [FORMATS.ndjson, FORMATS.csv, FORMATS.text],
    answer: listOf(z.looseObject({})).extend({
      next: z.string().optional().meta({ description: 'the page after this one' }),
      previous: z.string().optional().meta({ description: 'the page before this one' }),
    }),
    handle: async (asked) => {
      const format = formatFor(asked.request.headers.accept, ['json', 'ndjson', 'csv', 'text']);
      if (format === 'json') return await messagesPage(asked);
      const { context, signal, params } = asked;
      const page = params.page === undefined ? undefined : readPageToken(params.page);
      const rows = answerInChunks(searchOf(asked, page), context, signal);
      if (format === 'ndjson') return sendNdjson(asked, rows);
      return sendText(asked, rows, { format: await formatOf(asked, format), type: FORMATS[format] });
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/export',
    access: 'read',
    limited: 'within',
    searches: true,
    about:
      'Downloads all messages of a scope, oldest first; an answer that breaks off ends with an error of the connection',
    params: z.strictObject({ ...SCOPE, format: z.enum(['ndjson', 'csv', 'text']).default('ndjson') }),
    types: [FORMATS.ndjson, FORMATS.csv, FORMATS.text],
    handle: async (asked) => {
      const { params, context, signal } = asked;
      const { format, ...scope } = params;
      const rows = answerInChunks({ ...scopeOf(scope, context.now()), order: 'oldest' }, context, signal);
      if (format === 'ndjson') return sendNdjson(asked, rows, 'messages.ndjson');
      const name = format === 'csv' ? 'messages.csv' : 'messages.txt';
      return sendText(asked, rows, { format: await formatOf(asked, format), type: FORMATS[format], name });
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/incremental',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'What arrived since an earlier answer, as NDJSON; the last row has the cursor for the next one',
    params: z.strictObject({
      ...SCOPE,
      cursor: z
        .string()
        .max(4_000_000)
        .optional()
        .meta({ description: '`cursor` of the last row of an earlier answer' }),
    }),
    types: [FORMATS.ndjson],
    handle: (asked) => {
      const { cursor, ...scope } = asked.params;
      const search = { ...scopeOf(scope, asked.context.now()), ...(cursor !== undefined && { cursor }) };
      return sendNdjson(asked, answerInChunks(search, asked.context, asked.signal));
    },
  }),
];

/** A page as JSON, with the tokens of its neighbours and links to them. */
async function messagesPage(asked: MessagesAsked): Promise<object> {
  const { params, context, signal, reply } = asked;
  const { order } = params;
  const page = params.page === undefined ? undefined : readPageToken(params.page);
  const upTo = page?.upTo ?? context.shown?.() ?? context.visible();
  const { items, end } = await collect(answer('search', { ...searchOf(asked, page), upTo }, context, signal));
  const ids = items.flatMap((row) => ('_id' in row && !('_context' in row) ? [String(row._id)] : []));
  const tokens = Object.entries(neighbours(ids, { end, page, order, upTo })).map(
    ([rel, token]) => [rel, writePageToken(token)] as const,
  );
  if (tokens.length > 0) void reply.header('link', tokens.map(([rel, token]) => linkTo(asked, rel, token)).join(', '));
  return { items, ...Object.fromEntries(tokens), ...windowOf(end) };
}

function searchOf({ params, context }: MessagesAsked, page: PageToken | undefined) {
  const { limit, order, before, after, page: _, ...scope } = params;
  const lines = { ...(before && { before }), ...(after && { after }) };
  return { ...scopeOf(scope, context.now()), limit, order, ...lines, ...pageParams(page, order) } as const;
}

/** RFC 8288. A question that was sent as a body cannot be written as an address: then only the token is. */
function linkTo({ request }: MessagesAsked, rel: string, token: string): string {
  const target = new URL(request.method === 'GET' ? request.url : '/api/v1/messages', 'http://localhost');
  target.searchParams.set('page', token);
  return `<${target.pathname}${target.search}>; rel="${rel}"`;
}

function formatOf({ world, params }: Asked<{ zone?: string | undefined }>, format: 'csv' | 'text') {
  return world.format(format === 'csv' ? 'csv' : 'short-iso', params.zone ?? 'UTC');
}

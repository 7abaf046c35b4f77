import { type FoundMessage, findMessage } from '../../ask/index.ts';
import { z } from '../../base/schema.ts';
import { toJson } from '../../model/json.ts';
import { whole } from '../params.ts';
import { Refused } from '../problem.ts';
import { Body, type Route, route } from '../route.ts';
import type { Asked } from '../world.ts';

const ID = z
  .string()
  .regex(/^[0-9a-f]{32}$/, { error: 'is not the id of a message' })
  .meta({ description: 'the `_id` of the message' });

type Found = Extract<FoundMessage, { readonly rows: unknown }>;

/** One message. */
export const SINGLE_MESSAGE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/messages/{id}',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'A message by its id, with lines of the same host around it; 410 if retention has removed it',
    params: z.strictObject({ id: ID, context: whole(0, 500, 'lines before and after it').default(0) }),
    answer: z.object({ message: z.looseObject({}), items: z.array(z.looseObject({})) }),
    handle: async (asked) => {
      const { message, rows } = await find(asked, asked.params.context);
      return { message: toJson(message), items: rows.map((row) => ('received_at' in row ? toJson(row) : row)) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/messages/{id}/raw',
    access: 'read',
    limited: 'within',
    searches: true,
    about: 'The bytes of a message as they came, if they are kept (flags `parse_error`, `invalid_utf8`); else its text',
    params: z.strictObject({ id: ID }),
    types: ['application/octet-stream'],
    handle: async (asked) => {
      const { message } = await find(asked, 0);
      return new Body('application/octet-stream', Buffer.from(message.raw ?? Buffer.from(message.message)), {
        'content-disposition': `attachment; filename="${message._id}.bin"`,
        'content-security-policy': 'sandbox',
      });
    },
  }),
];

/** @throws Refused ERR_NOT_FOUND, or ERR_GONE if retention has passed the arrival of the message */
async function find({ params: { id }, context, signal }: Asked<{ id: string }>, lines: number): Promise<Found> {
  const found = await findMessage(id, { before: lines, after: lines }, context, signal);
  if (found.message) return found;
  const { edges } = found;
  if (edges.length === 0) throw new Refused('ERR_NOT_FOUND', `cannot find the message ${id}: it is not stored here`);
  const streams = edges.map(({ stream, until }) => `${stream} before ${new Date(until).toISOString()}`).join(', ');
  throw new Refused('ERR_GONE', `cannot find the message ${id}: retention has removed messages of ${streams}`, {
    members: { edges },
  });
}

import type { SearchParams } from '../../ask/contract.ts';
import { answer } from '../../ask/index.ts';
import { z } from '../../base/schema.ts';
import { MAX_ROWS } from '../answer/collect.ts';
import { takeOver, underWay } from '../answer/stream.ts';
import { SCOPE, scopeOf, whole } from '../params.ts';
import { type Route, route } from '../route.ts';
import { LoginWatch } from '../tail/login-watch.ts';
import { sendTail } from '../tail/send.ts';
import type { Asked } from '../world.ts';

const { until: _, ...BEGIN } = SCOPE;

const TAIL = z.strictObject({
  ...BEGIN,
  since: SCOPE.since.meta({ description: 'begins with what arrived then or later; default: now' }),
  limit: whole(0, MAX_ROWS, 'begins with so many of the latest messages').optional(),
  cursor: z
    .string()
    .max(4_000_000)
    .optional()
    .meta({ description: 'goes on at the `id` of an earlier event; the header `Last-Event-ID` counts more' }),
});
type TailAsked = Asked<z.output<typeof TAIL>>;

/** Following. */
export const TAIL_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/tail',
    access: 'read',
    limited: 'within',
    about: 'Messages as they arrive, as server-sent events, until the client hangs up',
    params: TAIL,
    types: ['text/event-stream'],
    handle: (asked) => {
      const { world, caller, context, reply } = asked;
      using opening = new DisposableStack();
      opening.use(world.tails.enter(caller!));
      const logout = opening.use(new LoginWatch(asked)).signal;
      const rows = answer('search', searchOf(asked), context, AbortSignal.any([asked.signal, logout]));
      takeOver({ reply, world }, 'text/event-stream; charset=utf-8');
      // Proxies must neither gather events nor compress them.
      reply.raw.setHeader('cache-control', 'no-store, no-transform').setHeader('x-accel-buffering', 'no');
      const ended = AbortSignal.any([logout, world.closing]);
      const open = opening.move();
      const sending = sendTail(rows, reply.raw, { ended, visible: () => context.visible() });
      return underWay(
        { reply, world },
        sending.finally(() => open.dispose()),
      );
    },
  }),
];

function searchOf({ params, context, request }: TailAsked): SearchParams {
  const { limit, cursor, ...scope } = params;
  const goOn = request.headers['last-event-id'] ?? cursor;
  const { since, ...rest } = scopeOf(scope, context.now());
  if (goOn !== undefined && goOn !== '') return { ...rest, follow: true, cursor: String(goOn) };
  if (limit === undefined && since === undefined) return { ...rest, follow: true, limit: 0, since: context.now() };
  return { ...rest, follow: true, ...(since !== undefined && { since }), ...(limit !== undefined && { limit }) };
}

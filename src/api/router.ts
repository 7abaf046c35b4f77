import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AnswerContext, limitedContext } from '../ask/index.ts';
import type { Caller } from './access/caller.ts';
import { admit } from './guard/admit.ts';
import { readParams } from './params.ts';
import { Refused } from './problem.ts';
import { Body, methodsOf, type Route, SENT, urlOf } from './route.ts';
import type { ApiWorld } from './world.ts';

/** Adds the routes of the table to an HTTP server. */
export function addRoutes(server: FastifyInstance, routes: readonly Route[], world: ApiWorld): void {
  for (const route of routes) {
    server.route({
      method: methodsOf(route),
      url: urlOf(route),
      exposeHeadRoute: false,
      handler: (request, reply) => answer(route, world, request, reply),
    });
  }
}

/** Answers what no route takes: 405 with the methods that its address has (RFC 9110 §15.5.6), or 404. */
export function addNotFound(server: FastifyInstance, routes: readonly Route[]): void {
  server.setNotFoundHandler(({ method, url }) => {
    const what = `cannot answer ${method} ${url.slice(0, 200)}`;
    const allowed = methodsAt(routes, url.replace(/\?.*$/s, '')).join(', ');
    if (allowed === '') throw new Refused('ERR_NOT_FOUND', `${what}: no such address`);
    throw new Refused('ERR_METHOD', `${what}: this address takes ${allowed}`, { headers: { allow: allowed } });
  });
}

function methodsAt(routes: readonly Route[], path: string): string[] {
  const parts = path.split('/');
  const fits = (own: readonly string[]): boolean =>
    own.length === parts.length && own.every((part, index) => part.startsWith('{') || part === parts[index]);
  const found = routes.filter((route) => fits(route.path.split('/')));
  return [...new Set(found.flatMap(methodsOf))];
}

async function answer(
  route: Route,
  world: ApiWorld,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { callers } = world;
  const scraper = route.access === 'metrics' ? callers.scraper(request) : undefined;
  const caller = admit(route, callers.identify(request, reply) ?? scraper);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, world.closing]);
  const asked = {
    params: readParams(route.params, given(request), `${request.method} ${route.path}`) as never,
    caller,
    get context() {
      return contextOf(world, caller);
    },
    world,
    request,
    reply,
    signal,
  };
  const turn = route.searches && caller ? await world.turns.acquire(caller.name, signal) : undefined;
  // Only now is an answer over that is sent piece by piece.
  if (turn) reply.raw.once('close', () => turn[Symbol.dispose]());
  if (reply.raw.closed) turn?.[Symbol.dispose]();
  const result = await route.handle(asked);
  if (result === SENT) return reply;
  // A search ends early, and without an error, when the server stops: its answer is not whole.
  if (world.closing.aborted) throw new Refused('ERR_STORE', 'cannot finish the answer: the server is stopping');
  if (result === undefined) return reply.code(204).send();
  if (!(result instanceof Body)) return reply.send(result);
  return reply.headers(result.headers).type(result.type).send(result.data);
}

/** What a caller asks from: nothing but what it may see. */
function contextOf({ context, unready }: ApiWorld, caller: Caller | undefined): AnswerContext {
  const found = context();
  if (!found) throw new Refused('ERR_STORE', `cannot answer yet: ${unready().join('; ')}`);
  const only = caller?.only;
  if (!only) return found;
  const refuse = (part: string) =>
    new Refused('ERR_ROLE', `cannot answer: ${caller.name} sees only ${only.query}, and this shows more (${part})`);
  return limitedContext(found, only.filter, refuse);
}

/** The parameters of the path, the query string and the body together. @throws Refused if the body is not an object */
function given({ params, query, body }: FastifyRequest): object {
  const isObject = body === undefined || body === null || (typeof body === 'object' && !Array.isArray(body));
  if (!isObject) throw new Refused('ERR_USAGE', 'cannot read the request: its body is not a JSON object');
  return { ...(query as object), ...(body as object), ...(params as object) };
}

import compress, { type FastifyCompressOptions } from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CordwoodError } from '../base/errors.ts';
import { formatHostPort } from '../base/ip.ts';
import { MINUTE } from '../base/units.ts';
import { Callers } from './access/callers.ts';
import { Cookies } from './access/cookies.ts';
import { EndedSessions } from './access/ended-sessions.ts';
import { Links } from './access/links.ts';
import { networksOf } from './access/proxies.ts';
import { Sessions, sessionKey } from './access/sessions.ts';
import { UsersFile } from './access/users.ts';
import type { Api, ApiOptions } from './contract.ts';
import { webCountersOf } from './counters.ts';
import { addFiles } from './files.ts';
import { addressOf } from './guard/address.ts';
import { securityHeaders } from './guard/headers.ts';
import { addGuard, addProblems } from './guard/hooks.ts';
import { HostCheck } from './guard/host.ts';
import { Turns } from './guard/turns.ts';
import { createHttpServer } from './listen/http-server.ts';
import { WebListener } from './listen/listener.ts';
import { Metrics } from './metrics/index.ts';
import { addNotFound, addRoutes } from './router.ts';
import { ROUTES } from './routes.ts';
import { Tails } from './tail/tails.ts';
import type { ApiWorld } from './world.ts';

/** Clients have this long to read that the server stops, ms. */
const GRACE_MS = 500;
/** Largest body of a request, bytes. */
const MAX_BODY = 256 << 10;
/** Longest parameter in a path: as long as an address can be, since the table of routes says what is too long. */
const MAX_PARAM = 16 << 10;
/** Of answers that are sent as a whole; the files of the page have their compressed copies. */
const COMPRESSION: FastifyCompressOptions = {
  threshold: 1024,
  encodings: ['zstd', 'gzip'],
  zlibOptions: { level: 1 },
};
/** How long a link is valid, ms. */
const LINK_MS = MINUTE;

/**
 * Opens the web page and its API. @throws CordwoodError ERR_LISTEN if the address cannot be listened on, ERR_CONFIG if a
 * file that the settings name cannot be used
 */
export async function serveApi(options: ApiOptions): Promise<Api> {
  const { settings, data, log } = options;
  const counters = webCountersOf(options.counters);
  const closing = new AbortController();
  let http!: Server;
  const server = fastify({
    bodyLimit: MAX_BODY,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAM },
    rewriteUrl: addressOf,
    serverFactory: (handler) => {
      http = createHttpServer(handler as RequestListener, counters);
      return http;
    },
  });
  const isSecure = settings.tls !== undefined || settings.url?.startsWith('https:') === true;
  const now = Date.now;
  const sessions = new Sessions(sessionKey(data, log), new EndedSessions(data, log, now), now);
  const cookies = new Cookies({ sessions, isSecure, port: () => listener.address.port });
  const links = new Links(now);
  using opening = new DisposableStack();
  const users = opening.use(new UsersFile(settings.users, log));
  const world: ApiWorld = {
    ...options,
    counters,
    now,
    metrics: new Metrics({ ...options, webCertificateExpires: () => listener.handshakes?.expires }, log),
    callers: new Callers({ settings, cookies, users, links, counters, log, now }),
    openApi: openApiText(options.version),
    turns: new Turns(),
    tails: new Tails(),
    closing: closing.signal,
    running: new Set(),
  };
  await addAll(server, world, { hosts: new HostCheck(settings, () => listener.handshakes?.certificate), isSecure });
  const listener = await WebListener.open({
    settings,
    http,
    counters,
    log,
    proxies: networksOf(settings.proxies?.from ?? []),
  });
  opening.move();
  const url = settings.url ?? urlOf(settings, listener.address.port);
  return {
    address: formatHostPort(listener.address),
    url,
    get certificateExpires() {
      return listener.handshakes?.expires;
    },
    link: (ms = LINK_MS) => `${url}login#${links.make(ms)}`,
    [Symbol.asyncDispose]: async () => {
      closing.abort(new CordwoodError('ERR_UNREACHABLE', 'cannot finish the answer: the server is stopping'));
      await Promise.race([Promise.allSettled(world.running), sleep(GRACE_MS, undefined, { ref: false })]);
      await listener[Symbol.asyncDispose]();
      users[Symbol.dispose]();
      http.close(() => {});
      await server.close();
    },
  };
}

type Guarding = { readonly hosts: HostCheck; readonly isSecure: boolean };

async function addAll(server: FastifyInstance, world: ApiWorld, { hosts, isSecure }: Guarding): Promise<void> {
  const { counters, metrics, log } = world;
  server.removeContentTypeParser('text/plain');
  // First: refusals have these headers, too.
  await server.register(helmet, securityHeaders(isSecure));
  addGuard(server, { hosts, counters, metrics, log });
  addProblems(server, { hosts, counters, metrics, log });
  await server.register(cookie);
  await server.register(compress, COMPRESSION);
  await addFiles(server);
  addRoutes(server, ROUTES, world);
  addNotFound(server, ROUTES);
  await server.ready();
}

/** openapi.json, written when it is first asked for. */
function openApiText(version: string): ApiWorld['openApi'] {
  let made: ReturnType<ApiWorld['openApi']> | undefined;
  return () => {
    made ??= writeOpenApi(version);
    return made;
  };
}

async function writeOpenApi(version: string): ReturnType<ApiWorld['openApi']> {
  // Few ask for it, and its library takes memory.
  const { openApi } = await import('./openapi.ts');
  const text = JSON.stringify(await openApi(ROUTES, version));
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
}

/** The address that a person on this machine opens. */
function urlOf({ address, tls }: ApiOptions['settings'], port: number): string {
  const { host } = address;
  const isAny = host === '0.0.0.0' || host === '::';
  return `${tls ? 'https' : 'http'}://${formatHostPort({ host: isAny ? 'localhost' : host, port })}/`;
}

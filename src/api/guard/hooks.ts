import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../base/log.ts';
import type { WebCounters } from '../counters.ts';
import type { Metrics } from '../metrics/index.ts';
import { PROBLEM_TYPE, problemAnswer, Refused } from '../problem.ts';
import { isRepeated } from '../access/repeated.ts';
import { foreignOrigin } from './origin.ts';
import type { HostCheck } from './host.ts';

type GuardParts = {
  readonly hosts: HostCheck;
  readonly counters: WebCounters;
  readonly metrics: Pick<Metrics, 'http'>;
  readonly log: Logger;
};

/** Refuses requests that name another server or come from pages of other sites, and counts all. */
export function addGuard(server: FastifyInstance, { hosts, counters, metrics }: GuardParts): void {
  server.addHook('onRequest', async (request, reply) => {
    const { method, headers, socket } = request.raw;
    reply.header('permissions-policy', PERMISSIONS).header('cache-control', 'no-store');
    if (isRepeated(request.raw, 'host')) {
      throw new Refused('ERR_USAGE', 'cannot answer: the request has more than one Host header; send one');
    }
    if (!hosts.isOwn(headers.host, socket.localAddress ?? '')) {
      const remedy = 'add the name to web: hosts: in the configuration of the server';
      throw new Refused('ERR_HOST', `cannot answer for the host ${JSON.stringify(headers.host ?? '')}; ${remedy}`);
    }
    const foreign = foreignOrigin(method ?? 'GET', request.routeOptions.url ?? '', headers);
    if (foreign !== undefined) throw new Refused('ERR_ORIGIN', `cannot answer: ${foreign}`);
  });
  server.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
    const isRefused = [401, 403, 413, 421, 429].includes(statusCode);
    counters[statusCode >= 500 ? 'requests.failed' : isRefused ? 'requests.refused' : 'requests.answered'].add();
    metrics.http.answered({ route: request.routeOptions.url, status: statusCode, ms: elapsedTime });
  });
}

/** The page needs nothing of what browsers can do, except to copy text. */
const PERMISSIONS = [
  ...['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'].map((one) => `${one}=()`),
  'clipboard-write=(self)',
].join(', ');

/** Answers errors by RFC 9457. */
export function addProblems(server: FastifyInstance, { log }: GuardParts): void {
  server.setErrorHandler((error: unknown, request, reply) => {
    const { status, headers, body, isInternal } = problemAnswer(error);
    // A search whose asker is gone ends with an error, too.
    if (isInternal && !request.raw.socket.destroyed)
      log.error({ err: error, url: request.routeOptions.url }, 'a request of the web page failed');
    return reply
      .code(status)
      .headers(headers)
      .type(PROBLEM_TYPE)
      .send(Buffer.from(JSON.stringify(body)));
  });
}

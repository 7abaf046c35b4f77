import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MINUTE, SECOND } from '../../base/units.ts';
import { paced } from './pacing.ts';
import type { WebCounters } from '../counters.ts';

const LIMITS = {
  maxHeaderSize: 16 << 10,
  headersTimeout: 10 * SECOND,
  requestTimeout: 30 * SECOND,
  keepAliveTimeout: 65 * SECOND,
  connectionsCheckingInterval: 2 * SECOND,
  // The guard answers such a request, with the headers of every answer.
  requireHostHeader: false,
};
/** The first bytes of a TLS handshake: a record of type 22, version 3. */
const TLS_RECORD = Buffer.from([0x16, 0x03]);

/**
 * Requests of one connection that may be under way at once. Browsers send one at a time; a client that sends many without
 * waiting (RFC 9112 section 9.3.2) would hold up everyone else.
 */
const MAX_PIPELINED = 4;

/** A client that takes nothing of its answer for so long has its connection closed, ms. */
const STALLED_MS = MINUTE;

/** An HTTP server for connections that are accepted elsewhere; it enforces the limits of requests and answers. */
export function createHttpServer(handler: RequestListener, counters: WebCounters, stalledMs = STALLED_MS): Server {
  const underWay = new WeakMap<Socket, number>();
  const begin = paced(handler);
  const listener: RequestListener = (request, response) => {
    const { socket } = request;
    const count = (underWay.get(socket) ?? 0) + 1;
    if (socket.destroyed) return;
    if (count > MAX_PIPELINED) {
      counters['connections.closed.pipelined'].add();
      socket.destroy();
      return;
    }
    underWay.set(socket, count);
    response.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    begin(request, response);
  };
  const server = createServer(LIMITS, listener);
  server.maxRequestsPerSocket = 0;
  // An expectation that we do not know changes nothing (RFC 9110 section 10.1.1 lets a server ignore it).
  server.on('checkExpectation', listener);
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex) => {
    counters['connections.closed.malformed'].add();
    if (socket.writable) socket.end(answerTo(error));
    else socket.destroy();
  });
  closeStalled(server, { counters, stalledMs, isWaiting: (socket) => (underWay.get(socket) ?? 0) > 0 });
  // It never listens. Node checks the time limits only from this event on.
  server.emit('listening');
  return server;
}

/** Closes connections on which nothing moves, except those that wait for the server: a search may take its time. */
function closeStalled(
  server: Server,
  {
    counters,
    stalledMs,
    isWaiting,
  }: { counters: WebCounters; stalledMs: number; isWaiting: (socket: Socket) => boolean },
): void {
  server.on('timeout', (socket: Socket) => {
    const isStalled = socket.writableLength > 0;
    if (!isStalled && isWaiting(socket)) return;
    if (isStalled) counters['connections.closed.malformed'].add();
    socket.destroy();
  });
  server.timeout = stalledMs;
}

function answerTo({ code, rawPacket }: NodeJS.ErrnoException & { rawPacket?: Buffer }): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return answer('408 Request Timeout', 'the request took too long');
  if (code === 'HPE_HEADER_OVERFLOW') return answer('431 Request Header Fields Too Large', 'at most 16 KiB of headers');
  if (rawPacket?.subarray(0, 2).equals(TLS_RECORD)) {
    return answer('400 Bad Request', 'this port speaks HTTP, not HTTPS: use http://, or set web: tls: on the server');
  }
  return answer('400 Bad Request', 'this is not HTTP');
}

function answer(status: string, text: string): string {
  const headers = [
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    "Content-Security-Policy: default-src 'none'",
    `Content-Length: ${text.length + 1}`,
  ];
  return `HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n${text}\n`;
}

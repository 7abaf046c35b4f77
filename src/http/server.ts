import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import type { Problem, QuestionName } from '../ask/contract.ts';
import { type AnswerContext, answer, answerInChunks, problemOf, QUESTIONS } from '../ask/index.ts';
import { CordwoodError, reasonOf, systemCode } from '../base/errors.ts';
import { threadFault } from '../base/fault.ts';
import type { Logger } from '../base/log.ts';
import type { EndRow, LinkRow } from './contract.ts';
import { sendRows } from './ndjson.ts';
import { MAX_SOCKET_PATH } from './socket-path.ts';

/** Clients have this long to read that the server stops, ms. */
const GRACE_MS = 500;

/** Without this, fastify loads what compiles the schemas of routes, some megabytes. No route here has one. */
const NO_SCHEMAS = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

export type HttpOptions = {
  /** The path of the socket. */
  readonly path: string;
  /** What questions are answered from; undefined until the store is open. */
  readonly context: () => AnswerContext | undefined;
  /** Why the server is not ready; empty if it is. */
  readonly unready: () => readonly string[];
  /** What does not work although the server is ready, e.g. alert mails that cannot be sent. */
  readonly degraded?: () => readonly string[];
  /** When each collection expires, if the database itself deletes. */
  readonly expires?: () => readonly string[];
  /** Makes a link that logs in once at the web page; absent if the page is off. */
  readonly link?: (() => string) | undefined;
  readonly log: Logger;
};

/**
 * Answers questions on a unix socket that its owner and group can use. Disposing ends the answers under way.
 * @throws CordwoodError ERR_LISTEN if the path is too long, is not a socket, or another server answers on it
 */
export async function serveHttp(options: HttpOptions): Promise<AsyncDisposable> {
  const { path } = options;
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
    throw refused(path, `the path is longer than ${MAX_SOCKET_PATH} bytes`);
  await removeStale(path);
  const closing = new AbortController();
  const server = fastify({ forceCloseConnections: true, schemaController: { compilersFactory: NO_SCHEMAS } });
  addErrors(server, options.log);
  addHealth(server, options);
  const running = new Set<Promise<void>>();
  addLink(server, options);
  addQuestions(server, options, { closing: closing.signal, running });
  try {
    await server.listen({ path });
    await chmod(path, 0o660);
  } catch (error) {
    throw refused(path, reasonOf(error), error);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort(new CordwoodError('ERR_UNREACHABLE', 'cannot finish the answer: the server is stopping'));
      await Promise.race([Promise.allSettled(running), sleep(GRACE_MS, undefined, { ref: false })]);
      await server.close();
    },
  };
}

type Life = {
  /** Aborts when the server stops. */
  readonly closing: AbortSignal;
  /** Answers under way. */
  readonly running: Set<Promise<void>>;
};

function addQuestions(server: FastifyInstance, options: HttpOptions, { closing, running }: Life): void {
  const { log } = options;
  for (const name of QUESTIONS) {
    server.post(`/${name}`, (request, reply) => {
      threadFault('question');
      const context = options.context();
      if (!context) {
        void reply.code(503).send(notYet(options));
        return;
      }
      const gone = new AbortController();
      const rows = rowsOf(name, request.body ?? {}, context, AbortSignal.any([gone.signal, closing]));
      reply.hijack();
      reply.raw.once('close', () => gone.abort());
      const sending = sendRows(rows, reply.raw, closing).catch((error: unknown) => {
        log.warn({ question: name, reason: reasonOf(error) }, 'answer cut short');
        reply.raw.destroy();
      });
      running.add(sending);
      void sending.finally(() => running.delete(sending));
    });
  }
}

function rowsOf(name: QuestionName, params: unknown, context: AnswerContext, signal: AbortSignal) {
  return name === 'search' ? answerInChunks(params, context, signal) : answer(name, params, context, signal);
}

/** A login for people who may use this socket, which shows them everything already. */
function addLink(server: FastifyInstance, { link }: HttpOptions): void {
  server.post('/link', (_, reply) => {
    if (link) return reply.type('application/x-ndjson').send(linkAnswer(link()));
    const message = 'cannot make a link: the web page is off; name its address in the configuration (web: address:)';
    return reply.code(404).send({ code: 'ERR_USAGE', message } satisfies Problem);
  });
}

function linkAnswer(link: string): string {
  const rows: [LinkRow, EndRow] = [{ link }, { _end: {} }];
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function notYet({ unready }: HttpOptions): Problem {
  return { code: 'ERR_STORE', message: `cannot answer yet: ${unready().join('; ')}` };
}

function addHealth(server: FastifyInstance, { unready, degraded = () => [], expires = () => [] }: HttpOptions): void {
  server.get('/health/live', () => ({ live: true }));
  server.get('/health/ready', (_, reply) => {
    const reasons = unready();
    const failures = degraded();
    const expiries = expires();
    return reply.code(reasons.length > 0 ? 503 : 200).send({
      ready: reasons.length === 0,
      reasons,
      ...(failures.length > 0 && { degraded: failures }),
      ...(expiries.length > 0 && { expires: expiries }),
    });
  });
}

function addErrors(server: FastifyInstance, log: Logger): void {
  server.setNotFoundHandler((request, reply) => {
    const message = `cannot answer ${request.method} ${request.url}: the questions are POST /${QUESTIONS.join(', /')}`;
    return reply.code(404).send({ code: 'ERR_USAGE', message } satisfies Problem);
  });
  server.setErrorHandler((error: unknown, request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== undefined && status < 500) {
      const message = `cannot read the question: ${reasonOf(error)}`;
      return reply.code(status).send({ code: 'ERR_USAGE', message } satisfies Problem);
    }
    const asked = error instanceof CordwoodError && (error.code === 'ERR_USAGE' || error.code === 'ERR_QUERY');
    if (!asked) log.error({ url: request.url, reason: reasonOf(error) }, 'question failed');
    return reply.code(asked ? 400 : 500).send(problemOf(error));
  });
}

/** Removes the socket that a killed server left behind. */
async function removeStale(path: string): Promise<void> {
  const there = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw refused(path, reasonOf(error), error);
  });
  if (!there) return;
  if (!there.isSocket()) throw refused(path, 'the path is not a socket; remove it');
  if (await answers(path)) throw refused(path, 'another server answers on it');
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  // EAGAIN: the backlog is full, so a server is listening.
  socket.once('error', (error) => resolve(systemCode(error) === 'EAGAIN'));
  return promise.finally(() => socket.destroy());
}

function refused(path: string, reason: string, cause?: unknown): CordwoodError {
  return new CordwoodError('ERR_LISTEN', `cannot answer questions on ${path}: ${reason}`, { cause });
}

function refuseSchema(): never {
  throw new Error('cannot add a route with a schema: the control socket compiles none');
}

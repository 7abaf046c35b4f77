import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Client, QuestionName, Questions } from '../../ask/contract.ts';
import { SECOND } from '../../base/units.ts';
import { type AnswerRow, readAnswer } from './answer.ts';
import { connectionError, refusalOf } from './remote-errors.ts';

/** Time for a connection, with its TLS handshake, ms. */
const CONNECT_MS = 10 * SECOND;
/** An open connection is tested after so long without a byte, ms. */
const KEEP_ALIVE_MS = 30 * SECOND;

/** Questions whose times are read in the zone of the one who asks. */
const ZONED: ReadonlySet<string> = new Set<QuestionName>(['search', 'count', 'hist', 'top', 'fields', 'hold-add']);

/** A server on another machine, and how this one logs in there. */
export type Remote = {
  /** `https://logs.example.org`, or `http://` on this machine. */
  readonly origin: string;
  readonly token: string;
  /** Certificates of CAs to trust beside the usual ones, PEM. */
  readonly ca?: string | undefined;
};

/** A client that asks a server over HTTPS what `connectServer` asks over its socket. */
export function remoteClient(remote: Remote): Client {
  return {
    via: 'server',
    async *ask<Name extends QuestionName>(name: Name, params: Questions[Name]['params'], signal: AbortSignal) {
      return yield* readAnswer<AnswerRow<Name>>(post(remote, name, zoned(name, params), signal), remote.origin, signal);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** On the spot, times without a zone are in the zone of the machine: from elsewhere, it is the zone of this one. */
function zoned(name: QuestionName, params: object): object {
  return ZONED.has(name) ? { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...params } : params;
}

/** Sends a question. @throws CordwoodError ERR_UNREACHABLE with a remedy, or with the code of the server's problem */
function post(remote: Remote, name: string, params: object, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = JSON.stringify({ params });
  const sent = open(remote, `/api/v1/questions/${name}`, {
    method: 'POST',
    agent: false,
    signal,
    headers: {
      authorization: `Bearer ${remote.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/x-ndjson, application/problem+json',
    },
  });
  const slow = setTimeout(() => sent.destroy(new Error(`no answer within ${CONNECT_MS / SECOND} s`)), CONNECT_MS);
  sent.once('socket', (socket) => {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.once(remote.origin.startsWith('https:') ? 'secureConnect' : 'connect', () => clearTimeout(slow));
  });
  sent.once('close', () => clearTimeout(slow));
  sent.on('error', (error) => reject(connectionError(remote.origin, error)));
  sent.once('response', (response) => {
    refusalOf(remote.origin, response).then((refusal) => (refusal ? reject(refusal) : resolve(response)), reject);
  });
  sent.end(body);
  return promise;
}

function open({ origin, ca }: Remote, path: string, options: import('node:https').RequestOptions): ClientRequest {
  if (origin.startsWith('http:')) return process.getBuiltinModule('node:http').request(`${origin}${path}`, options);
  const { getCACertificates } = process.getBuiltinModule('node:tls');
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
  return process.getBuiltinModule('node:https').request(`${origin}${path}`, { ...options, ...trusted });
}

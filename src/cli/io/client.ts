import type { Socket } from 'node:net';
import { join } from 'node:path';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import { readServerPid } from '../../base/machine/server-pid.ts';
import type { Client, QuestionName, Questions } from '../../ask/contract.ts';
import { CONTROL_SOCKET, type LinkRow, MAX_SOCKET_PATH } from '../../http/contract.ts';
import { type AnswerRow, readAnswer } from './answer.ts';

/**
 * A client of the server that runs on a data folder; undefined if none runs.
 * @throws CordwoodError ERR_UNREACHABLE if one runs but this user may not connect to it
 */
export async function connectServer(folder: string): Promise<Client | undefined> {
  const path = socketPath(folder);
  if (path === undefined) return undefined;
  let first: Socket | undefined = await dial(path);
  if (!first) return undefined;
  return {
    via: 'server',
    async *ask<Name extends QuestionName>(name: Name, params: Questions[Name]['params'], signal: AbortSignal) {
      const socket = first ?? (await dial(path));
      first = undefined;
      if (!socket) throw unreachable(path, 'the server has stopped');
      return yield* readAnswer<AnswerRow<Name>>(post(socket, name, params, signal), path, signal);
    },
    async [Symbol.asyncDispose]() {
      first?.destroy();
    },
  };
}

/**
 * Has the server of a data folder make a link that logs in at its web page.
 * @throws CordwoodError ERR_UNREACHABLE if no server runs, ERR_USAGE if its web page is off
 */
export async function requestLink(folder: string, signal: AbortSignal): Promise<string> {
  const path = socketPath(folder);
  const socket = path === undefined ? undefined : await dial(path);
  if (!socket || path === undefined) {
    const remedy = 'start one with cordwood serve, or give its folder with --data';
    throw new CordwoodError('ERR_UNREACHABLE', `cannot make a link: no server is running on ${folder}; ${remedy}`);
  }
  for await (const { link } of readAnswer<LinkRow>(post(socket, 'link', {}, signal), path, signal)) return link;
  throw unreachable(path, 'it sent no link');
}

/** The control socket: as `server.pid` names it, else the default path unless that is too long for a socket. */
function socketPath(folder: string): string | undefined {
  const usual = join(folder, CONTROL_SOCKET);
  const fallback = Buffer.byteLength(usual) > MAX_SOCKET_PATH ? undefined : usual;
  try {
    return readServerPid(folder)?.socket ?? fallback;
  } catch (error) {
    if (systemCode(error) === 'EACCES') throw forbidden(folder, error);
    return fallback;
  }
}

/** Connects to the socket; undefined if no server listens on it. */
async function dial(path: string): Promise<Socket | undefined> {
  // `import` would evaluate every lazy getter of the module for its namespace: 25 ms for http.
  const { connect } = process.getBuiltinModule('node:net');
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      // Until a request uses the socket, an error on it must not crash the process.
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', (error) => {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return resolve(undefined);
      reject(
        code === 'EACCES' || code === 'EPERM' ? forbidden(path, error) : unreachable(path, reasonOf(error), error),
      );
    });
  });
}

function post(socket: Socket, name: string, params: unknown, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule('node:http');
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', host: 'localhost' };
    const sent = request({ createConnection: () => socket, method: 'POST', path: `/${name}`, headers, signal });
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end(JSON.stringify(params));
  });
}

type IncomingMessage = import('node:http').IncomingMessage;

function forbidden(path: string, cause: unknown): CordwoodError {
  const reason = 'permission denied; join the group that owns it (sudo usermod -aG GROUP USER, then log in again)';
  return unreachable(path, reason, cause);
}

function unreachable(path: string, reason: string, cause?: unknown): CordwoodError {
  return new CordwoodError('ERR_UNREACHABLE', `cannot reach the server at ${path}: ${reason}`, { cause });
}

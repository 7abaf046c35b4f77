import { connect, type Socket } from 'node:net';
import { CordwoodError, systemCode } from '../../base/errors.ts';
import { formatHostPort } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';
import { formatDuration, SECOND } from '../../base/units.ts';
import { reasonOfHandshake, secure } from '../../tls/index.ts';
import type { ClientTlsSettings } from '../../tls/settings.ts';

/** Longest time to connect, handshake included, ms: the next address must not wait for long. */
const CONNECT_MS = 10 * SECOND;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: no receiver listens there',
  ENOTFOUND: 'its name is unknown; check the name and this machine’s DNS',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to its network',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
};

type DialOptions = {
  readonly tls: ClientTlsSettings | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** Connects, with TLS if there are settings for it. @throws CordwoodError ERR_UNREACHABLE or ERR_CONFIG */
export async function dial(to: HostPort, { tls, timeoutMs, signal }: DialOptions): Promise<Socket> {
  const limitMs = Math.min(CONNECT_MS, timeoutMs);
  const socket = connect({ host: to.host, port: to.port, noDelay: true, keepAlive: true });
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => {});
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const tooLate = `it did not answer within ${formatDuration(limitMs)}`;
  const timer = setTimeout(() => reject(new Error(tooLate)), limitMs);
  try {
    const connected = new Promise<void>((resolve, fail) => socket.once('connect', resolve).once('error', fail));
    await Promise.race([connected, stopped]);
    return tls ? await Promise.race([secure(socket, to.host, tls), stopped]) : socket;
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    if (signal.aborted) throw error;
    throw unreachable(to, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** The error of a connection, with its address and reason. */
export function unreachable(to: HostPort, error: unknown): CordwoodError {
  if (error instanceof CordwoodError) return error;
  const reason = REASONS[systemCode(error) ?? ''] ?? reasonOfHandshake(error, to.host);
  return new CordwoodError('ERR_UNREACHABLE', `cannot forward to ${formatHostPort(to)}: ${reason}`, { cause: error });
}

import type { Server } from 'node:net';
import type { HostPort } from '../base/schema.ts';
import { listenError } from './address.ts';
import type { ListenContext } from './contract.ts';

/** Where a server that takes connections listens. */
export type ListenPlace = { readonly name: string; readonly address: HostPort; readonly backlog: number };

/**
 * Resolves when the server (of `node:net` or `node:tls`) listens: on the socket that the service manager has opened for
 * it, where there is one, else at its address. @throws CordwoodError ERR_LISTEN
 */
export function listening(server: Server, place: ListenPlace, context: ListenContext): Promise<void> {
  const { address, backlog } = place;
  const inherited = context.inherited?.take('tcp', place);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError('tcp', address, error));
    const done = (): void => {
      server.off('error', fail);
      resolve();
    };
    server.once('error', fail);
    if (inherited) server.listen({ fd: inherited.fd }, backlog, done);
    else server.listen({ host: address.host, port: address.port, backlog }, done);
  });
}

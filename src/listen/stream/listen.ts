import type { Server } from 'node:net';
import type { HostPort } from '../../base/schema.ts';
import type { ListenContext } from '../shared/context.ts';
import { listenError } from '../../base/machine/listen-error.ts';

export type ListenAddress = { readonly name: string; readonly address: HostPort; readonly backlog: number };

/**
 * Resolves when the server listens: on the socket that the service manager opened for this listener, if there is one,
 * else at its address. @throws CordwoodError ERR_LISTEN
 */
export function listen(server: Server, where: ListenAddress, context: Pick<ListenContext, 'inherited'>): Promise<void> {
  const { address, backlog } = where;
  const inherited = context.inherited?.claim('tcp', where);
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

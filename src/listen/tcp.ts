import { createFramer } from '../frame/index.ts';
import { Connection } from './stream/connection.ts';
import type { ListenContext, Listener } from './contract.ts';
import type { TcpSettings } from './settings.ts';
import { listenForStreams } from './stream/stream-listener.ts';

/** Listens for syslog over TCP (RFC 6587), both framings. @throws CordwoodError ERR_LISTEN */
export async function openTcp(settings: TcpSettings, context: ListenContext): Promise<Listener> {
  return listenForStreams(settings, context, {
    kind: 'tcp',
    transport: 'tcp',
    secureTransport: 'tls',
    connect: (socket, source, host) =>
      new Connection(socket, { framer: createFramer({ maxFrame: settings.max_frame }) }, source, host),
  });
}

import { Connection } from './stream/connection.ts';
import type { ListenContext, Listener } from './contract.ts';
import { RelpSession } from './relp/session.ts';
import type { RelpSettings } from './settings.ts';
import { listenForStreams } from './stream/stream-listener.ts';

/** Listens for RELP, as rsyslog's omrelp speaks it. @throws CordwoodError ERR_LISTEN */
export async function openRelp(settings: RelpSettings, context: ListenContext): Promise<Listener> {
  return listenForStreams(settings, context, {
    kind: 'relp',
    transport: 'relp',
    secureTransport: 'relp',
    connect: (socket, source, host) => {
      const session = new RelpSession({ maxFrame: settings.max_frame });
      return new Connection(socket, { framer: session.framer, dialogue: session }, source, host);
    },
  });
}

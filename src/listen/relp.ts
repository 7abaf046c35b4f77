import type { Listener } from './contract.ts';
import { RelpSession } from './relp/session.ts';
import type { RelpSettings } from './settings.ts';
import type { ListenContext } from './shared/context.ts';
import { openStreamListener } from './stream/stream-listener.ts';

/** Listens for RELP, as rsyslog's omrelp speaks it. @throws CordwoodError ERR_LISTEN */
export async function openRelp(settings: RelpSettings, context: ListenContext): Promise<Listener> {
  return openStreamListener(settings, context, {
    kind: 'relp',
    transport: 'relp',
    secureTransport: 'relp',
    protocol: () => {
      const session = new RelpSession({ maxFrame: settings.max_frame });
      return { framer: session.framer, answers: session };
    },
  });
}

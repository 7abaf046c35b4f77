import { createFramer } from '../frame/index.ts';
import type { Listener } from './contract.ts';
import type { TcpSettings } from './settings.ts';
import type { ListenContext } from './shared/context.ts';
import { openStreamListener } from './stream/stream-listener.ts';

/** Listens for syslog over TCP (RFC 6587), both framings. @throws CordwoodError ERR_LISTEN */
export async function openTcp(settings: TcpSettings, context: ListenContext): Promise<Listener> {
  return openStreamListener(settings, context, {
    kind: 'tcp',
    transport: 'tcp',
    secureTransport: 'tls',
    protocol: () => ({ framer: createFramer({ maxFrame: settings.max_frame, framing: settings.framing }) }),
  });
}

import type { ListenerSettings, Settings } from '../../config/index.ts';
import type { Agent, AgentTransport, Target } from './contract.ts';

/** What the command line says about the server. */
export type Wanted = {
  readonly transport: AgentTransport | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
};

/** Ports to use if no listener gives one: the IANA port for TLS, common ports for the others. */
const PORTS: Readonly<Record<AgentTransport, number>> = { relp: 2514, tls: 6514, tcp: 514, udp: 514 };

/**
 * The listener that an agent sends to: of the transport asked for, or of the first one that both the agent and the
 * configuration support. `notes` says what the configuration lacks for it.
 */
export function targetOf(
  agent: Agent,
  { listen }: Settings,
  wanted: Wanted & { readonly machine: string },
): { readonly target: Target; readonly notes: readonly string[] } {
  const only = wanted.transport ?? agent.unasked;
  const asked = only === undefined ? agent.transports : [only];
  const transport = asked.find((one) => listenerFor(one, listen)) ?? asked[0]!;
  const listener = listenerFor(transport, listen);
  const tls = listener && 'tls' in listener ? listener.tls : undefined;
  const target: Target = {
    transport,
    host: wanted.host ?? hostOf(listener, wanted.machine),
    port: wanted.port ?? (listener?.address.port || PORTS[transport]),
    tls: transport === 'tls' || tls !== undefined,
    mutual: tls?.ca !== undefined,
  };
  const isComplete = wanted.port !== undefined || (wanted.transport === undefined && agent.unasked !== undefined);
  return { target, notes: isComplete ? [] : missing(target, listener) };
}

/** The listener of a transport, preferably one that other machines can reach. */
function listenerFor(transport: AgentTransport, listen: readonly ListenerSettings[]): ListenerSettings | undefined {
  const fitting = listen.filter((one) => {
    if (one.kind !== 'tcp') return one.kind === transport;
    return transport === (one.tls ? 'tls' : 'tcp');
  });
  return fitting.find((one) => !isLoopback(one)) ?? fitting[0];
}

function isLoopback({ address }: ListenerSettings): boolean {
  return address.host === '::1' || address.host === 'localhost' || address.host.startsWith('127.');
}

function hostOf(listener: ListenerSettings | undefined, machine: string): string {
  const host = listener?.address.host ?? '::';
  return host === '::' || host === '0.0.0.0' ? machine : host;
}

function missing(target: Target, listener: ListenerSettings | undefined): string[] {
  const { transport, port } = target;
  const kind = transport === 'tls' ? 'tcp' : transport;
  const tls = transport === 'tls' ? ', tls: {cert: …, key: …}' : '';
  const line = `{kind: ${kind}, address: '*:${port}'${tls}}`;
  if (!listener) return [`the configuration has no listener for ${transport}; add to listen: ${line}`];
  if (isLoopback(listener))
    return [`${listener.name} accepts connections from this machine only; for others, add to listen: ${line}`];
  return [];
}

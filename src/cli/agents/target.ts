import { reasonOf } from '../../base/errors.ts';
import type { ListenerSettings, Settings } from '../../config/index.ts';
import { expectedName, isFor, namesInCertificate, type ServerNames } from '../tls/server-names.ts';
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
  const host = wanted.host ?? hostOf(listener, wanted.machine);
  const certificate = tls && certificateNotes(tls.cert, host);
  const target: Target = {
    transport,
    host,
    port: wanted.port ?? (listener?.address.port || PORTS[transport]),
    tls: transport === 'tls' || tls !== undefined,
    mutual: tls?.ca !== undefined,
    expected: certificate?.expected ?? host,
  };
  const isComplete = wanted.port !== undefined || (wanted.transport === undefined && agent.unasked !== undefined);
  return { target, notes: [...(certificate?.notes ?? []), ...(isComplete ? [] : missing(target, listener))] };
}

/** The name that agents should expect in the certificate of the server, and what is wrong with the name they connect to. */
function certificateNotes(
  file: string,
  host: string,
): { readonly expected: string; readonly notes: readonly string[] } {
  let names: ServerNames | undefined;
  try {
    names = namesInCertificate(file);
  } catch (error) {
    const remedy = `it must contain the name ${host}, or agents will refuse it`;
    return { expected: host, notes: [`the certificate ${file} cannot be read (${reasonOf(error)}): ${remedy}`] };
  }
  if (!names) return { expected: host, notes: [`the certificate ${file} does not exist: cordwood tls init makes one`] };
  const expected = expectedName(names, host) ?? host;
  if (isFor(names, host)) return { expected, notes: [] };
  const remedy = `use --host with one of these, or create a certificate with --name ${host}`;
  const text = `the server's certificate is for ${names.all.join(', ')}, not for ${host}: many agents would refuse it`;
  return { expected, notes: [`${text}; ${remedy}`] };
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

import { createServer, type Server, type Socket } from 'node:net';
import { systemCode } from '../../base/errors.ts';
import { unmapIPv4 } from '../../base/ip.ts';
import type { Logger } from '../../base/log.ts';
import { formatHostPort, type HostPort } from '../../base/schema.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { MINUTE } from '../../base/units.ts';
import type { Source, Transport } from '../../model/message.ts';
import { TlsHandshakes } from '../../tls/index.ts';
import type { TlsSettings } from '../../tls/settings.ts';
import type { Admission, Listener, ListenerStats } from '../contract.ts';
import type { StreamSettings } from '../settings.ts';
import { AllowedNetworks } from '../shared/allowed-networks.ts';
import type { ListenContext } from '../shared/context.ts';
import { countersOf } from '../shared/counters.ts';
import { TokenBuckets } from '../shared/token-buckets.ts';
import { closeConnections } from './close-connections.ts';
import { Connection, type ConnectionProtocol } from './connection.ts';
import type { ConnectionContext } from './connection-context.ts';
import { type ConnectionSlot, ConnectionTable, type TableRefusal } from './connection-table.ts';
import { connectionsAllowed } from './descriptors.ts';
import { DurableReport } from './durable-report.ts';
import { HalfFrames } from './half-frames.ts';
import { HandshakeSlot } from './handshake-slot.ts';
import { listen } from './listen.ts';
import { startTimeSweep } from './time-sweep.ts';
import { TlsTroubles } from './tls-troubles.ts';

/** The kernel probes a silent peer after so many ms. */
const KEEPALIVE_MS = MINUTE;
/** File descriptors for less than this share of `max_connections` are worth a warning. */
const ENOUGH_SHARE = 0.9;

type Refusal = TableRefusal | 'connections.refused.not_allowed';
const REFUSALS: Readonly<Record<Refusal, string>> = {
  'connections.refused.not_allowed': 'its address is not in allow',
  'connections.refused.max_connections': 'max_connections is reached',
  'connections.refused.per_address': 'max_connections_per_address is reached',
  'connections.refused.no_descriptors': 'too few file descriptors; raise LimitNOFILE= or ulimit -n',
};

/** What distinguishes one kind of stream listener from another. */
export type StreamKind = {
  readonly kind: string;
  readonly transport: Transport;
  /** The name of `transport` over TLS. */
  readonly secureTransport: Transport;
  /** Creates the protocol of one connection. */
  protocol(): ConnectionProtocol;
};

/** Opens a listener for connections of one kind. @throws CordwoodError ERR_LISTEN */
export async function openStreamListener(
  settings: StreamSettings,
  context: ListenContext,
  kind: StreamKind,
): Promise<Listener> {
  const server = createServer({
    allowHalfOpen: true,
    keepAlive: settings.keepalive,
    keepAliveInitialDelay: KEEPALIVE_MS,
  });
  await listen(server, settings, context);
  try {
    return new StreamListener(server, settings, context, kind);
  } catch (error) {
    server.close();
    throw error;
  }
}

class StreamListener implements Listener {
  readonly kind: string;
  readonly name: string;
  readonly #server: Server;
  readonly #settings: StreamSettings;
  readonly #kind: StreamKind;
  #context: ConnectionContext;
  readonly #table: ConnectionTable;
  #allowed: AllowedNetworks | undefined;
  #handshakes: TlsHandshakes | undefined;
  readonly #giveUp = new AbortController();
  readonly #sweep: NodeJS.Timeout | undefined;
  #onAllDone: (() => void) | undefined;
  /** Connections that are not done; includes those that left the table to make room for others. */
  #live = 0;

  constructor(server: Server, settings: StreamSettings, context: ListenContext, kind: StreamKind) {
    this.kind = kind.kind;
    this.name = settings.name;
    this.#server = server;
    this.#settings = settings;
    this.#kind = kind;
    const descriptors = connectionsAllowed();
    this.#table = new ConnectionTable({
      all: settings.max_connections,
      perAddress: settings.max_connections_per_address,
      descriptors,
    });
    const log = context.log.child({ listener: this.name });
    this.#context = this.#contextFor(context, log);
    this.#allowed = settings.allow && new AllowedNetworks(settings.allow);
    this.#handshakes = settings.tls && this.#handshakesFor(settings.tls);
    if (descriptors < settings.max_connections * ENOUGH_SHARE) {
      const text = `the system's limit of open files allows ${descriptors} connections; raise LimitNOFILE= or ulimit -n`;
      log.warn({ max_connections: settings.max_connections }, text);
    }
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', (error) => this.#onServerError(error));
    const { halfFrame, firstByte, idle } = this.#context.limits;
    this.#sweep = startTimeSweep(this.#table, [halfFrame, firstByte, idle, settings.tls?.handshake_timeout]);
  }

  get address(): string {
    const bound = this.#server.address();
    return formatHostPort(bound && typeof bound === 'object' ? hostPortOf(bound) : this.#settings.address);
  }

  stats(): ListenerStats {
    const { recent } = this.#context.troubles;
    const tls = this.#handshakes && { certificateExpires: this.#handshakes.expires, tlsTroubles: recent };
    return { name: this.name, kind: this.kind, address: this.address, ...tls };
  }

  async reload({ allow, rate, tls }: Admission): Promise<void> {
    const handshakes = tls && this.#handshakesFor(tls);
    this.#handshakes?.close();
    this.#handshakes = handshakes;
    this.#allowed = allow && new AllowedNetworks(allow);
    this.#context = { ...this.#context, buckets: rate && new TokenBuckets(rate) };
    for (const connection of this.#table) {
      if (this.#allowed?.has(connection.source.ip) === false) connection.close('connections.refused.not_allowed');
    }
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.#server.close();
    clearInterval(this.#sweep);
    this.#handshakes?.close();
    const received = this.#context.counters['received.bytes'];
    await closeConnections(this.#table, received, signal ?? this.#giveUp.signal);
    if (this.#live === 0) return;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#onAllDone = resolve;
    const abandon = (): void => {
      this.#giveUp.abort();
      for (const connection of this.#table) connection.abandon();
      // A hung disk may never make durable what the spool accepted; the spool deals with it when it is closed itself.
      resolve();
    };
    if (signal?.aborted) abandon();
    signal?.addEventListener('abort', abandon, { once: true });
    await done;
    signal?.removeEventListener('abort', abandon);
  }

  #contextFor(context: ListenContext, log: Logger): ConnectionContext {
    const { half_frame_timeout, first_byte_timeout, idle_timeout, rate } = this.#settings;
    const reports = { counters: countersOf(context.counters, this.name), log, warnings: new ThrottledWarnings(log) };
    return {
      spool: context.spool,
      budget: context.budget,
      ...reports,
      troubles: new TlsTroubles(reports),
      limits: { halfFrame: half_frame_timeout, firstByte: first_byte_timeout, idle: idle_timeout },
      buckets: rate && new TokenBuckets(rate),
      halfFrames: new HalfFrames(),
      report: DurableReport.fromEnvironment(),
      giveUp: this.#giveUp.signal,
      onFirstBytes: (connection) => this.#table.hasSent(connection),
      onDone: (connection) => this.#onDone(connection),
    };
  }

  #handshakesFor(settings: TlsSettings): TlsHandshakes {
    return new TlsHandshakes(settings, { log: this.#context.log, warnings: this.#context.warnings });
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      this.#context.counters['connections.refused.gone'].add();
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const ip = unmapIPv4(remoteAddress);
    const isAllowed = this.#allowed?.has(ip) ?? true;
    const refusal = isAllowed ? this.#table.refusal(ip) : 'connections.refused.not_allowed';
    if (refusal) {
      this.#refuse(socket, refusal, ip);
      return;
    }
    const { transport, secureTransport } = this.#kind;
    const source: Source = { ip, port: remotePort, transport, listener: this.name };
    this.#live++;
    if (this.#handshakes) this.#startHandshake(socket, { ...source, transport: secureTransport }, this.#handshakes);
    else this.#connect(socket, source);
    this.#countOpen();
  }

  #startHandshake(socket: Socket, source: Source, handshakes: TlsHandshakes): void {
    const slot = new HandshakeSlot(socket, source, {
      handshakes,
      context: this.#context,
      onAdmitted: (admitted, tlsSocket, tlsSource) => {
        this.#table.remove(admitted);
        this.#connect(tlsSocket, tlsSource);
      },
    });
    this.#table.add(slot);
  }

  #connect(socket: Socket, source: Source): void {
    this.#table.add(new Connection(socket, this.#kind.protocol(), source, this.#context));
    this.#context.counters['connections.accepted'].add();
  }

  #refuse(socket: Socket, reason: Refusal, peer: string): void {
    this.#context.counters[reason].add();
    this.#context.warnings.warn(`connection refused: ${REFUSALS[reason]}`, { peer });
    socket.on('error', () => {});
    socket.destroy();
  }

  #onDone(connection: ConnectionSlot): void {
    this.#live--;
    this.#table.remove(connection);
    this.#countOpen();
    if (this.#live === 0) this.#onAllDone?.();
  }

  #countOpen(): void {
    this.#context.counters['connections.open'].set(this.#live);
  }

  /** Errors of accepting: the kernel keeps the connection waiting, and Node tries again. */
  #onServerError(error: Error): void {
    const code = systemCode(error);
    if (code === 'EMFILE' || code === 'ENFILE') this.#context.counters['connections.refused.no_descriptors'].add();
    const remedy = code === 'EMFILE' ? '; raise LimitNOFILE= of the service' : '';
    this.#context.warnings.warn(`cannot accept a connection: ${error.message}${remedy}`);
  }
}

function hostPortOf({ address, port }: { address: string; port: number }): HostPort {
  return { host: address, port };
}

import { createServer, type Server, type Socket } from 'node:net';
import { systemCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { formatHostPort, type HostPort } from '../../base/schema.ts';
import type { Source, Transport } from '../../model/message.ts';
import { normalAddress } from '../address.ts';
import { AllowedNetworks } from '../allowed.ts';
import type { ConnectionHost } from './connection.ts';
import { ConnectionTable, type Guest, type Refusal } from './connection-table.ts';
import type { Admission, ListenContext, Listener, ListenerStats } from '../contract.ts';
import { countersOf } from '../counters.ts';
import { connectionsAllowed } from './descriptors.ts';
import { drained, lingered } from '../drain.ts';
import { DurableReport } from './durable-report.ts';
import { HalfFrames } from './half-frames.ts';
import { listening } from '../listening.ts';
import type { StreamSettings } from '../settings.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { TlsGate } from '../../tls/gate.ts';
import type { TlsSettings } from '../../tls/settings.ts';
import { TokenBuckets } from '../token-buckets.ts';

/** The kernel asks a silent peer whether it is still there after so many ms. */
const KEEPALIVE_MS = 60_000;
/** Fewer file descriptors than for this share of `max_connections` are worth a warning. */
const ENOUGH = 0.9;
const REFUSALS: Readonly<Record<Refusal | NotAllowed, string>> = {
  'connections.refused.not_allowed': 'its address is not in allow',
  'connections.refused.max_connections': 'max_connections is reached',
  'connections.refused.per_address': 'max_connections_per_address is reached',
  'connections.refused.no_descriptors': 'too few file descriptors; raise LimitNOFILE= or ulimit -n',
};
type NotAllowed = 'connections.refused.not_allowed';
/** Times are looked at this often, or four times within the shortest of them. */
const SWEEP_MS = 1000;

/** What one kind of listener makes of an accepted socket. */
export type StreamKind = {
  readonly kind: string;
  readonly transport: Transport;
  /** What `transport` is called over TLS. */
  readonly secureTransport: Transport;
  /** Takes the socket over; tells `host` when it is done. */
  connect(socket: Socket, source: Source, host: ConnectionHost): Guest;
};

/** Opens a listener for connections, whatever is spoken on them. @throws CordwoodError ERR_LISTEN */
export async function listenForStreams(
  settings: StreamSettings,
  context: ListenContext,
  kind: StreamKind,
): Promise<Listener> {
  const server = createServer({
    allowHalfOpen: true,
    keepAlive: settings.keepalive,
    keepAliveInitialDelay: KEEPALIVE_MS,
  });
  await listening(server, settings, context);
  try {
    return new StreamListener(server, settings, { context, kind });
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
  #host: ConnectionHost;
  readonly #table: ConnectionTable;
  readonly #warnings: ThrottledWarnings;
  #allowed: AllowedNetworks | undefined;
  #gate: TlsGate | undefined;
  readonly #giveUp = new AbortController();
  #sweep: NodeJS.Timeout | undefined;
  #allDone: (() => void) | undefined;
  /** Connections that are not done yet; one that made room for another has left the table already. */
  #live = 0;

  constructor(server: Server, settings: StreamSettings, by: { context: ListenContext; kind: StreamKind }) {
    const { context, kind } = by;
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
    this.#warnings = new ThrottledWarnings(log);
    this.#host = this.#hostFor(context, log);
    this.#allowed = settings.allow && new AllowedNetworks(settings.allow);
    this.#gate = settings.tls && this.#gateOf(settings.tls);
    if (descriptors < settings.max_connections * ENOUGH) {
      const text = `the system's limit of open files allows ${descriptors} connections; raise LimitNOFILE= or ulimit -n`;
      this.#host.log.warn({ max_connections: settings.max_connections }, text);
    }
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', (error) => this.#onServerError(error));
    this.#startSweep();
  }

  get address(): string {
    const bound = this.#server.address();
    return formatHostPort(bound && typeof bound === 'object' ? hostPortOf(bound) : this.#settings.address);
  }

  stats(): ListenerStats {
    const expires = this.#gate && { certificateExpires: this.#gate.expires };
    return { name: this.name, kind: this.kind, address: this.address, ...expires };
  }

  async reload({ allow, rate, tls }: Admission): Promise<void> {
    const gate = tls && this.#gateOf(tls);
    this.#gate?.close();
    this.#gate = gate;
    this.#allowed = allow && new AllowedNetworks(allow);
    this.#host = { ...this.#host, buckets: rate && new TokenBuckets(rate) };
    for (const guest of this.#table) {
      if (this.#allowed?.has(guest.source.ip) === false) guest.close('connections.refused.not_allowed');
    }
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.#server.close();
    clearInterval(this.#sweep);
    this.#gate?.close();
    const received = this.#host.counters['received.bytes'];
    const until = signal ?? this.#giveUp.signal;
    await drained(() => received.value, until);
    for (const connection of this.#table) connection.endOurSide?.();
    await lingered(
      {
        received: () => received.value,
        isDone: () => !this.#some('endOurSide'),
        isHeldBack: () => this.#some('isHeldBack'),
      },
      until,
    );
    for (const connection of this.#table) connection.shutDown();
    if (this.#live === 0) return;
    const done = new Promise<void>((resolve) => {
      this.#allDone = resolve;
    });
    const abandon = (): void => {
      this.#giveUp.abort();
      for (const connection of this.#table) connection.abandon();
      // What a disk that hangs has taken and not yet settled, the spool settles when it is closed itself.
      this.#allDone?.();
    };
    if (signal?.aborted) abandon();
    signal?.addEventListener('abort', abandon, { once: true });
    await done;
    signal?.removeEventListener('abort', abandon);
  }

  /** Whether any connection has this. */
  #some(what: 'endOurSide' | 'isHeldBack'): boolean {
    for (const connection of this.#table) if (connection[what]) return true;
    return false;
  }

  #hostFor(context: ListenContext, log: Logger): ConnectionHost {
    const { half_frame_timeout, first_byte_timeout, idle_timeout, rate, max_frame } = this.#settings;
    return {
      spool: context.spool,
      budget: context.budget,
      counters: countersOf(context.counters, this.name),
      log,
      warnings: this.#warnings,
      limits: { halfFrame: half_frame_timeout, firstByte: first_byte_timeout, idle: idle_timeout },
      buckets: rate && new TokenBuckets(rate),
      halves: new HalfFrames(),
      maxFrame: max_frame,
      report: DurableReport.fromEnvironment(),
      giveUp: this.#giveUp.signal,
      onFirstBytes: (connection) => this.#table.hasSent(connection),
      onDone: (connection) => this.#onDone(connection),
    };
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      this.#host.counters['connections.refused.gone'].add();
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const ip = normalAddress(remoteAddress);
    const welcome = this.#allowed?.has(ip) ?? true;
    const refusal = welcome ? this.#table.refusal(ip) : 'connections.refused.not_allowed';
    if (refusal) {
      this.#refuse(socket, refusal, ip);
      return;
    }
    const { transport, secureTransport } = this.#kind;
    const source: Source = { ip, port: remotePort, transport, listener: this.name };
    this.#live++;
    if (this.#gate) this.#table.add(this.#gate.greet(socket, { ...source, transport: secureTransport }));
    else this.#connect(socket, source);
    this.#countOpen();
  }

  #gateOf(settings: TlsSettings): TlsGate {
    return new TlsGate(settings, {
      host: this.#host,
      warnings: this.#warnings,
      welcome: (guest, socket, source) => {
        this.#table.remove(guest);
        this.#connect(socket, source);
      },
    });
  }

  #connect(socket: Socket, source: Source): void {
    this.#table.add(this.#kind.connect(socket, source, this.#host));
    this.#host.counters['connections.accepted'].add();
  }

  #refuse(socket: Socket, reason: Refusal | NotAllowed, peer: string): void {
    this.#host.counters[reason].add();
    this.#warnings.warn(`connection refused: ${REFUSALS[reason]}`, { peer });
    socket.on('error', () => {});
    socket.destroy();
  }

  #onDone(connection: Guest): void {
    this.#live--;
    this.#table.remove(connection);
    this.#countOpen();
    if (this.#live === 0) this.#allDone?.();
  }

  #countOpen(): void {
    this.#host.counters['connections.open'].set(this.#live);
  }

  /** Errors of accepting; the kernel keeps the connection waiting, and Node tries again. */
  #onServerError(error: Error): void {
    const code = systemCode(error);
    if (code === 'EMFILE' || code === 'ENFILE') this.#host.counters['connections.refused.no_descriptors'].add();
    const remedy = code === 'EMFILE' ? '; raise LimitNOFILE= of the service' : '';
    this.#warnings.warn(`cannot accept a connection: ${error.message}${remedy}`);
  }

  #startSweep(): void {
    const { halfFrame, firstByte, idle } = this.#host.limits;
    const handshake = this.#settings.tls?.handshake_timeout;
    const shortest = Math.min(...[halfFrame, firstByte, idle, handshake].map((limit) => limit ?? Infinity));
    if (shortest === Infinity) return;
    const every = Math.max(10, Math.min(SWEEP_MS, shortest / 4));
    this.#sweep = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#table) connection.checkTime(now);
    }, every).unref();
  }
}

function hostPortOf({ address, port }: { address: string; port: number }): HostPort {
  return { host: address, port };
}

import { createServer, type Server } from 'node:net';
import { systemCode } from '../../base/errors.ts';
import { formatHostPort } from '../../base/ip.ts';
import type { Logger } from '../../base/log.ts';
import type { HostPort } from '../../base/schema.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { MINUTE } from '../../base/units.ts';
import type { Admission, Listener, ListenerStats } from '../contract.ts';
import type { StreamSettings } from '../settings.ts';
import type { ListenContext } from '../shared/context.ts';
import { countersOf } from '../shared/counters.ts';
import { TokenBuckets } from '../shared/token-buckets.ts';
import { Acceptor, type StreamKind } from './acceptor.ts';
import { closeConnections } from './close-connections.ts';
import type { ConnectionContext } from './connection-context.ts';
import { type ConnectionSlot, ConnectionTable } from './connection-table.ts';
import { connectionsAllowed } from './descriptors.ts';
import { DurableReport } from './durable-report.ts';
import { HalfFrames } from './half-frames.ts';
import { listen } from './listen.ts';
import { PROXY_HEADER_MS } from './proxy-header-slot.ts';
import { startTimeSweep } from './time-sweep.ts';
import { TlsTroubles } from './tls-troubles.ts';

/** The kernel probes a silent peer after so many ms. */
const KEEPALIVE_MS = MINUTE;
/** File descriptors for less than this share of `max_connections` are worth a warning. */
const ENOUGH_SHARE = 0.9;

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
  #context: ConnectionContext;
  readonly #table: ConnectionTable;
  readonly #acceptor: Acceptor;
  readonly #giveUp = new AbortController();
  #sweep: NodeJS.Timeout | undefined;
  #onAllDone: (() => void) | undefined;
  /** Connections that are not done; includes those that left the table to make room for others. */
  #live = 0;

  constructor(server: Server, settings: StreamSettings, context: ListenContext, kind: StreamKind) {
    this.kind = kind.kind;
    this.name = settings.name;
    this.#server = server;
    this.#settings = settings;
    const descriptors = connectionsAllowed();
    this.#table = new ConnectionTable({
      all: settings.max_connections,
      perAddress: settings.max_connections_per_address,
      descriptors,
    });
    const log = context.log.child({ listener: this.name });
    this.#context = this.#contextFor(context, log);
    this.#acceptor = new Acceptor(settings, {
      listener: this.name,
      kind,
      table: this.#table,
      context: () => this.#context,
    });
    if (descriptors < settings.max_connections * ENOUGH_SHARE) {
      const text = `the system's limit of open files allows ${descriptors} connections; raise LimitNOFILE= or ulimit -n`;
      log.warn({ max_connections: settings.max_connections }, text);
    }
    server.on('connection', (socket) => this.#acceptor.accept(socket));
    server.on('error', (error) => this.#onServerError(error));
    this.#startSweep(settings);
  }

  get address(): string {
    const bound = this.#server.address();
    return formatHostPort(bound && typeof bound === 'object' ? hostPortOf(bound) : this.#settings.address);
  }

  stats(): ListenerStats {
    const { handshakes } = this.#acceptor;
    const tls = handshakes && { certificateExpires: handshakes.expires, tlsTroubles: this.#context.troubles.recent };
    return { name: this.name, kind: this.kind, address: this.address, ...tls };
  }

  async reload(admission: Admission): Promise<void> {
    this.#acceptor.change(admission);
    const { rate, max_age } = admission;
    const limits = { ...this.#context.limits, age: max_age };
    this.#context = { ...this.#context, limits, buckets: rate && new TokenBuckets(rate) };
    this.#startSweep(admission);
    for (const connection of this.#table) {
      if (!this.#acceptor.allows(connection)) connection.close('connections.refused.not_allowed');
    }
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.#server.close();
    clearInterval(this.#sweep);
    this.#acceptor.close();
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

  #startSweep({ tls, proxy }: Pick<Admission, 'tls' | 'proxy'>): void {
    clearInterval(this.#sweep);
    const { halfFrame, firstByte, idle, age } = this.#context.limits;
    const limits = [halfFrame, firstByte, idle, age, tls?.handshake_timeout, proxy && PROXY_HEADER_MS];
    this.#sweep = startTimeSweep(this.#table, limits);
  }

  #contextFor(context: ListenContext, log: Logger): ConnectionContext {
    const { half_frame_timeout, first_byte_timeout, idle_timeout, max_age, rate } = this.#settings;
    const reports = { counters: countersOf(context.counters, this.name), log, warnings: new ThrottledWarnings(log) };
    return {
      spool: context.spool,
      budget: context.budget,
      ...reports,
      troubles: new TlsTroubles(reports),
      limits: { halfFrame: half_frame_timeout, firstByte: first_byte_timeout, idle: idle_timeout, age: max_age },
      buckets: rate && new TokenBuckets(rate),
      halfFrames: new HalfFrames(),
      report: DurableReport.fromEnvironment(),
      giveUp: this.#giveUp.signal,
      onOpen: () => this.#onOpen(),
      onFirstBytes: (connection) => this.#table.hasSent(connection),
      onDone: (connection) => this.#onDone(connection),
    };
  }

  #onOpen(): void {
    this.#live++;
    this.#countOpen();
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

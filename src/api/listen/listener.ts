import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { type NetworkSet, unmapIPv4 } from '../../base/ip.ts';
import type { Logger } from '../../base/log.ts';
import { listenError } from '../../base/machine/listen-error.ts';
import type { HostPort } from '../../base/schema.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { SECOND } from '../../base/units.ts';
import { type Handshake, type Refusal, TlsHandshakes } from '../../tls/index.ts';
import type { TlsSettings } from '../../tls/settings.ts';
import type { WebCounters } from '../counters.ts';
import { Connections } from './connections.ts';

/** Connections that may wait to be accepted. */
const BACKLOG = 512;
/** How often the time limits of handshakes are checked, ms. */
const SWEEP_MS = SECOND;

export type WebListenerOptions = {
  readonly settings: { readonly address: HostPort; readonly tls?: TlsSettings | undefined };
  /** The addresses of trusted proxies. */
  readonly proxies?: NetworkSet;
  /** Receives the admitted connections; it never listens itself. */
  readonly http: HttpServer;
  readonly counters: WebCounters;
  readonly log: Logger;
};

/**
 * Accepts connections for an HTTP server, and shakes hands with them as the listeners for syslog do: a changed
 * certificate is read without losing a connection.
 */
export class WebListener implements AsyncDisposable {
  readonly #options: WebListenerOptions;
  readonly #server: Server;
  readonly #handshakes: TlsHandshakes | undefined;
  readonly #running = new Set<Handshake>();
  readonly #connections: Connections;
  readonly #warnings: ThrottledWarnings;
  readonly #sweep: NodeJS.Timeout;

  private constructor(options: WebListenerOptions) {
    const { settings, log, counters } = options;
    this.#options = options;
    this.#warnings = new ThrottledWarnings(log);
    this.#connections = new Connections(counters, () => options.http.closeIdleConnections(), options.proxies);
    this.#handshakes = settings.tls && new TlsHandshakes(settings.tls, { log, warnings: this.#warnings });
    this.#server = createServer({ allowHalfOpen: true, keepAlive: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    this.#sweep = setInterval(() => {
      for (const handshake of this.#running) handshake.checkTime(performance.now());
    }, SWEEP_MS).unref();
  }

  /** @throws CordwoodError ERR_LISTEN if the address cannot be listened on, ERR_CONFIG if a certificate cannot be used */
  static async open(options: WebListenerOptions): Promise<WebListener> {
    const listener = new WebListener(options);
    try {
      await listener.#listen();
    } catch (error) {
      listener.#stop();
      throw error;
    }
    return listener;
  }

  /** The address it is bound to. */
  get address(): HostPort {
    const bound = this.#server.address();
    return bound && typeof bound === 'object'
      ? { host: bound.address, port: bound.port }
      : this.#options.settings.address;
  }

  get handshakes(): TlsHandshakes | undefined {
    return this.#handshakes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#connections.closeAll();
    await promise;
  }

  #stop(): void {
    clearInterval(this.#sweep);
    this.#handshakes?.close();
    for (const handshake of this.#running) handshake.abort();
  }

  #listen(): Promise<void> {
    const { address } = this.#options.settings;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', (error) => reject(listenError('tcp', address, error)));
    this.#server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
      this.#server.removeAllListeners('error');
      this.#server.on('error', ({ message }) => this.#warnings.warn(`cannot accept a connection: ${message}`));
      resolve();
    });
    return promise;
  }

  #accept(socket: Socket): void {
    const { counters } = this.#options;
    socket.on('error', () => {});
    const address = socket.remoteAddress && unmapIPv4(socket.remoteAddress);
    const refusal = address === undefined ? 'gone' : this.#connections.refusal(address);
    if (refusal || address === undefined) {
      counters[`connections.refused.${refusal ?? 'gone'}`].add();
      if (refusal !== 'gone')
        this.#warnings.warn('connection to the web page refused: too many are open', { peer: address });
      socket.destroy();
      return;
    }
    this.#connections.add(socket, address);
    if (this.#handshakes) this.#startHandshake(socket, address, this.#handshakes);
    else this.#admit(socket);
  }

  #admit(socket: Socket): void {
    this.#options.http.emit('connection', socket);
  }

  #startHandshake(socket: Socket, peer: string, handshakes: TlsHandshakes): void {
    const handshake = handshakes.start(socket, {
      onAdmitted: (admitted) => {
        this.#running.delete(handshake);
        this.#admit(admitted);
      },
      onRefused: (refusal) => this.#onRefused(refusal, peer),
      onClosed: () => this.#running.delete(handshake),
    });
    this.#running.add(handshake);
  }

  #onRefused({ reason, text, detail, quiet }: Refusal, peer: string): void {
    const { counters, log } = this.#options;
    counters[`connections.refused.${reason}`].add();
    if (quiet) log.debug({ peer, ...detail, reason: text }, 'TLS connection to the web page refused');
    else this.#warnings.warn(`TLS connection to the web page refused: ${text}`, { peer, ...detail });
  }
}

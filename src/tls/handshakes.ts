import { constants, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { reasonOf } from '../base/errors.ts';
import { unmapIPv4 } from '../base/ip.ts';
import { watchFiles } from '../base/machine/watch-files.ts';
import type { Logger } from '../base/log.ts';
import type { ThrottledWarnings } from '../base/throttled-warnings.ts';
import { DAY, MINUTE } from '../base/units.ts';
import { authorize } from './authorize.ts';
import { type Credentials, expiryWarning, readCredentials } from './files.ts';
import { Handshake, type HandshakeObserver } from './handshake.ts';
import { refusedHandshake } from './refusals.ts';
import type { TlsSettings } from './settings.ts';

/** Node's own limit, which must never be the one that ends a handshake: it restarts at each byte, ours does not. */
const NODE_TIMEOUT_MS = 2 * MINUTE;
/** How often an expiring certificate is reported, ms. */
const REMIND_MS = DAY;

export type HandshakesOptions = {
  readonly log: Logger;
  readonly warnings: ThrottledWarnings;
  /** Peers, as in `allow`, that `onAdmitted` names as relays. */
  readonly relays?: readonly string[] | undefined;
};

/**
 * Performs the TLS handshakes of one listener, concurrently, and admits the peers that its settings allow. Sessions are
 * never resumed: a peer that reconnects is authorized again, with the credentials of that moment.
 */
export class TlsHandshakes {
  readonly #settings: TlsSettings;
  readonly #log: Logger;
  readonly #warnings: ThrottledWarnings;
  readonly #relays: readonly string[] | undefined;
  /** Never listens: it is handed sockets that were accepted elsewhere. */
  readonly #server: Server;
  readonly #running = new Map<string, Handshake>();
  readonly #watch: Disposable;
  readonly #reminder: NodeJS.Timeout;
  #credentials: Credentials;

  /** @throws CordwoodError ERR_CONFIG if a file cannot be used */
  constructor(settings: TlsSettings, { log, warnings, relays }: HandshakesOptions) {
    this.#settings = settings;
    this.#log = log;
    this.#warnings = warnings;
    this.#relays = relays;
    this.#credentials = readCredentials(settings);
    this.#reportExpiry();
    this.#server = createServer({
      ...contextOf(this.#credentials),
      requestCert: settings.ca !== undefined || settings.allow !== undefined || relays !== undefined,
      // `authorize` rejects instead: it can tell the reason, which is counted.
      rejectUnauthorized: false,
      handshakeTimeout: NODE_TIMEOUT_MS,
    });
    this.#server.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      const handshake = this.#take(socket);
      handshake?.refuse(refusedHandshake(error, handshake.hasSpoken));
    });
    const { cert, key, ca } = settings;
    this.#watch = watchFiles([cert, key, ...(ca === undefined ? [] : [ca])], () => this.reload());
    this.#reminder = setInterval(() => this.#reportExpiry(), REMIND_MS).unref();
  }

  /** When the first of the certificates expires, ms. */
  get expires(): number {
    return this.#credentials.weakest.expires;
  }

  /** The certificate that peers are shown now. */
  get certificate(): X509Certificate {
    return this.#credentials.own;
  }

  /** Starts a handshake on an accepted socket; `observer` receives its outcome. */
  start(socket: Socket, observer: HandshakeObserver): Handshake {
    const handshake = new Handshake(socket, this.#settings.handshake_timeout, observer);
    const key = keyOf(socket);
    this.#running.set(key, handshake);
    socket.once('close', () => {
      if (this.#running.get(key) === handshake) this.#running.delete(key);
      handshake.onClose();
    });
    // A peer that ends its side during the handshake is gone; afterwards, a connection may be half open.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
    return handshake;
  }

  /** Reloads the files. @returns whether they can be used; if not, the old ones stay in use and a warning is logged */
  reload(): boolean {
    try {
      this.#credentials = readCredentials(this.#settings);
      this.#server.setSecureContext(contextOf(this.#credentials));
    } catch (error) {
      this.#warnings.warn(`cannot load the new certificates, the old ones stay in use: ${reasonOf(error)}`);
      return false;
    }
    this.#log.info({ expires: new Date(this.expires).toISOString() }, 'certificates loaded');
    this.#reportExpiry();
    return true;
  }

  /** Stops watching the files; running handshakes go on. */
  close(): void {
    clearInterval(this.#reminder);
    this.#watch[Symbol.dispose]();
  }

  #reportExpiry(): void {
    const warning = expiryWarning(this.#credentials, Date.now());
    if (warning?.unusable) this.#log.error(warning.text);
    else if (warning) this.#log.warn(warning.text);
  }

  #take(socket: TLSSocket): Handshake | undefined {
    const key = keyOf(socket);
    const handshake = this.#running.get(key);
    this.#running.delete(key);
    return handshake;
  }

  #onSecure(socket: TLSSocket): void {
    const handshake = this.#take(socket);
    if (!handshake?.isRunning) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const verdict = authorize(socket, { ...this.#settings, relays: this.#relays });
    if (verdict.refusal) {
      socket.on('error', () => {});
      handshake.refuse(verdict.refusal);
      return;
    }
    socket.allowHalfOpen = true;
    handshake.admit(socket, verdict);
  }
}

function contextOf({ cert, key, ca }: Credentials) {
  const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = constants;
  return {
    cert,
    key,
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.2' as const,
    secureOptions: SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET,
  };
}

/** Both ends' addresses identify a connection: Node does not report which accepted socket a TLS socket wraps. */
function keyOf({ remoteAddress = '', remotePort, localAddress = '', localPort }: Socket): string {
  return `${unmapIPv4(remoteAddress)} ${remotePort} ${unmapIPv4(localAddress)} ${localPort}`;
}

import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { reasonOf } from '../base/errors.ts';
import type { Source } from '../model/message.ts';
import { normalAddress } from '../listen/address.ts';
import type { ConnectionHost } from '../listen/stream/connection.ts';
import type { Guest } from '../listen/stream/connection-table.ts';
import type { CounterName } from '../listen/counters.ts';
import type { ThrottledWarnings } from '../base/throttled-warnings.ts';
import { type Credentials, lasting, readCredentials } from './files.ts';
import { matchFingerprint, matchName, nameOf, namesOf } from './peer.ts';
import { type Refused, refusedByChain, refusedHandshake } from './refusals.ts';
import type { TlsSettings } from './settings.ts';
import { watchFiles } from './watch.ts';

/** Node's own limit is never what ends a handshake: it counts from the last byte, ours from the first. */
const NODES_TIMEOUT_MS = 120_000;
/** How often it is said that a certificate expires, ms. */
const REMIND_MS = 86_400_000;

export type GateOptions = {
  readonly host: Pick<ConnectionHost, 'counters' | 'log' | 'onDone'>;
  readonly warnings: ThrottledWarnings;
  /** The peer is who it says, and may come in. Takes the place of its `Guest`. */
  readonly welcome: (guest: Guest, socket: TLSSocket, source: Source) => void;
};

/**
 * Shakes hands with those who connect, and lets in whom the settings allow. A handshake waits for nobody else's.
 * No session is resumed: who comes again is judged again, by the credentials of then.
 */
export class TlsGate {
  readonly #settings: TlsSettings;
  readonly #options: GateOptions;
  /** Never listens itself: it is handed sockets that were accepted elsewhere. */
  readonly #server: Server;
  readonly #waiting = new Map<string, Handshake>();
  readonly #watch: Disposable;
  readonly #reminder: NodeJS.Timeout;
  #credentials: Credentials;

  /** @throws CordwoodError ERR_CONFIG where a file cannot be used */
  constructor(settings: TlsSettings, options: GateOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#credentials = readCredentials(settings);
    this.#remind();
    this.#server = createServer({
      ...contextOf(this.#credentials),
      requestCert: settings.ca !== undefined || settings.allow !== undefined,
      // Judged below, where the reason can be counted.
      rejectUnauthorized: false,
      handshakeTimeout: NODES_TIMEOUT_MS,
    });
    this.#server.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#onFailed(error, socket));
    const { cert, key, ca } = settings;
    this.#watch = watchFiles([cert, key, ...(ca === undefined ? [] : [ca])], () => this.reload());
    this.#reminder = setInterval(() => this.#remind(), REMIND_MS).unref();
  }

  /** When the credentials end, ms. */
  get expires(): number {
    return this.#credentials.weakest.expires;
  }

  /** Begins a handshake; its guest keeps the place until `welcome`, or until the socket is closed. */
  greet(socket: Socket, source: Source): Guest {
    const handshake = new Handshake(socket, source, { ...this.#options, limit: this.#settings.handshake_timeout });
    const key = keyOf(socket);
    this.#waiting.set(key, handshake);
    socket.once('close', () => {
      if (this.#waiting.get(key) === handshake) this.#waiting.delete(key);
      handshake.onClose();
    });
    // Whoever ends in mid-handshake is gone; later on the ends are told apart.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
    return handshake;
  }

  /** Reads the files anew. @returns whether all of them can be used; otherwise the old ones stay, and it is logged */
  reload(): boolean {
    const { log } = this.#options.host;
    try {
      this.#credentials = readCredentials(this.#settings);
      this.#server.setSecureContext(contextOf(this.#credentials));
    } catch (error) {
      this.#options.warnings.warn(`cannot load the new certificates, the old ones stay in use: ${reasonOf(error)}`);
      return false;
    }
    log.info({ expires: new Date(this.expires).toISOString() }, 'certificates loaded');
    this.#remind();
    return true;
  }

  close(): void {
    clearInterval(this.#reminder);
    this.#watch[Symbol.dispose]();
  }

  #remind(): void {
    const say = lasting(this.#credentials, Date.now());
    if (!say) return;
    if (say.over) this.#options.host.log.error(say.text);
    else this.#options.host.log.warn(say.text);
  }

  #take(socket: TLSSocket): Handshake | undefined {
    const key = keyOf(socket);
    const handshake = this.#waiting.get(key);
    this.#waiting.delete(key);
    return handshake;
  }

  #onSecure(socket: TLSSocket): void {
    const handshake = this.#take(socket);
    if (handshake?.state !== 'waiting') {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const { refused, name } = this.#judge(socket);
    if (refused) {
      socket.on('error', () => {});
      handshake.refuse(refused);
      return;
    }
    handshake.state = 'welcome';
    socket.allowHalfOpen = true;
    const source = { ...handshake.source, ...(name !== undefined && { peer_cn: name }) };
    this.#options.welcome(handshake, socket, source);
  }

  #judge(socket: TLSSocket): { refused?: Refused; name?: string | undefined } {
    const { ca, allow } = this.#settings;
    if (ca === undefined && allow === undefined) return {};
    const certificate = socket.getPeerX509Certificate();
    if (!certificate)
      return { refused: { counter: 'connections.refused.tls_certificate', text: 'it showed no certificate' } };
    if (ca !== undefined && !socket.authorized) return { refused: refusedByChain(socket.authorizationError) };
    const now = Date.now();
    if (certificate.validToDate.getTime() < now) return { refused: refusedByChain('CERT_HAS_EXPIRED') };
    if (certificate.validFromDate.getTime() > now) return { refused: refusedByChain('CERT_NOT_YET_VALID') };
    const names = namesOf(certificate);
    if (allow === undefined || matchFingerprint(allow, certificate)) return { name: nameOf(names) };
    const name = matchName(allow, names);
    if (name !== undefined) return { name };
    const shown = [names.cn, ...names.dns, ...names.ips].slice(0, 5).join(', ').slice(0, 200);
    const text = names.forged ? 'a name in its certificate holds a control character' : 'tls.allow does not name it';
    const detail = { names: shown, fingerprint: `SHA256:${certificate.fingerprint256}` };
    return { refused: { counter: 'connections.refused.tls_name', text, detail } };
  }

  #onFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    this.#take(socket)?.refuse(refusedHandshake(error));
  }
}

type HandshakeOptions = GateOptions & { readonly limit: number };

/** A peer whose handshake goes on. */
class Handshake implements Guest {
  readonly source: Source;
  state: 'waiting' | 'welcome' | 'refused' = 'waiting';
  readonly #socket: Socket;
  readonly #options: HandshakeOptions;
  readonly #since = performance.now();

  constructor(socket: Socket, source: Source, options: HandshakeOptions) {
    this.source = source;
    this.#socket = socket;
    this.#options = options;
    socket.on('error', () => {});
  }

  shutDown(): void {
    this.#end();
  }

  abandon(): void {
    this.#end();
  }

  close(reason: CounterName): void {
    this.#options.host.counters[reason].add();
    this.#end();
  }

  checkTime(now: number): void {
    if (this.state !== 'waiting' || now - this.#since < this.#options.limit) return;
    this.refuse({
      counter: 'connections.refused.tls_timeout',
      text: 'the handshake took longer than tls.handshake_timeout',
    });
  }

  refuse({ counter, text, detail, quiet }: Refused): void {
    if (this.state !== 'waiting') return;
    const { host, warnings } = this.#options;
    host.counters[counter].add();
    const fields = { peer: `${this.source.ip}:${this.source.port}`, ...detail };
    if (quiet) host.log.debug({ ...fields, reason: text }, 'TLS connection refused');
    else warnings.warn(`TLS connection refused: ${text}`, fields);
    this.#end();
  }

  /** The socket is closed; whoever was let in is somebody else's by now. */
  onClose(): void {
    if (this.state === 'welcome') return;
    if (this.state === 'waiting') this.#options.host.counters['connections.refused.gone'].add();
    this.state = 'refused';
    this.#options.host.onDone(this);
  }

  #end(): void {
    this.state = 'refused';
    this.#socket.destroy();
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

/** Node does not tell which of the sockets it was handed became which TLS socket: both ends' addresses do. */
function keyOf({ remoteAddress = '', remotePort, localAddress = '', localPort }: Socket): string {
  return `${normalAddress(remoteAddress)} ${remotePort} ${normalAddress(localAddress)} ${localPort}`;
}

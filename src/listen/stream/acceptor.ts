import type { Socket } from 'node:net';
import { unmapIPv4 } from '../../base/ip.ts';
import type { Peer, Source, Transport } from '../../model/message.ts';
import { TlsHandshakes } from '../../tls/index.ts';
import type { Admission } from '../contract.ts';
import { AllowedNetworks } from '../shared/allowed-networks.ts';
import { Connection, type ConnectionProtocol } from './connection.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { ConnectionSlot, ConnectionTable, TableRefusal } from './connection-table.ts';
import { HandshakeSlot } from './handshake-slot.ts';
import { ProxyHeaderSlot } from './proxy-header-slot.ts';

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

export type AcceptorParts = {
  /** The name of the listener. */
  readonly listener: string;
  readonly kind: StreamKind;
  readonly table: ConnectionTable;
  /** What the next connection shares with the others. */
  readonly context: () => ConnectionContext;
};

/**
 * Decides what becomes of an accepted socket, in this order: the header of a balancer, `allow`, the limits of the table,
 * the TLS handshake. From the header on, the address is that of the sender, not that of the balancer.
 */
export class Acceptor {
  readonly #parts: AcceptorParts;
  #allowed: AllowedNetworks | undefined;
  #proxies: AllowedNetworks | undefined;
  /** Without TLS, the networks whose peers are relays. */
  #relays: AllowedNetworks | undefined;
  #handshakes: TlsHandshakes | undefined;

  /** @throws CordwoodError ERR_CONFIG if a file of `tls` cannot be used */
  constructor(admission: Admission, parts: AcceptorParts) {
    this.#parts = parts;
    this.change(admission);
  }

  get handshakes(): TlsHandshakes | undefined {
    return this.#handshakes;
  }

  /** Takes over new settings for new connections. @throws CordwoodError ERR_CONFIG as the constructor; nothing changes */
  change({ allow, proxy, tls, relays }: Admission): void {
    const { log, warnings } = this.#parts.context();
    const handshakes = tls && new TlsHandshakes(tls, { log, warnings, relays });
    this.close();
    this.#handshakes = handshakes;
    this.#allowed = allow && new AllowedNetworks(allow);
    this.#relays = !tls && relays ? new AllowedNetworks(relays) : undefined;
    this.#proxies = proxy && new AllowedNetworks(proxy);
  }

  /** Stops watching certificates. */
  close(): void {
    this.#handshakes?.close();
  }

  /** Whether a connection that is open may stay. */
  allows({ source, isUnnamed = false }: ConnectionSlot): boolean {
    return isUnnamed || (this.#allowed?.has(source.ip) ?? true);
  }

  accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      this.#parts.context().counters['connections.refused.gone'].add();
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const { listener, kind } = this.#parts;
    const source = { ip: unmapIPv4(remoteAddress), port: remotePort, transport: kind.transport, listener };
    if (this.#proxies?.has(source.ip)) this.#readHeader(socket, source);
    else this.#admit(socket, source);
  }

  #readHeader(socket: Socket, source: Source): void {
    const { table, context } = this.#parts;
    const refusal = table.refusal();
    if (refusal) {
      this.#refuse(socket, refusal, source.ip);
      return;
    }
    const onHeader = (slot: ConnectionSlot, sender: Source): void => {
      table.remove(slot);
      this.#admit(socket, sender);
      context().onDone(slot);
    };
    this.#parts.context().onOpen();
    table.add(new ProxyHeaderSlot(socket, source, { context: context(), onHeader }));
  }

  #admit(socket: Socket, source: Source): void {
    const { table, kind, context } = this.#parts;
    const isAllowed = this.#allowed?.has(source.ip) ?? true;
    const refusal = isAllowed ? table.refusal(source.ip) : 'connections.refused.not_allowed';
    if (refusal) {
      this.#refuse(socket, refusal, source.ip);
      return;
    }
    context().onOpen();
    if (this.#handshakes) {
      this.#startHandshake(socket, { ...source, transport: kind.secureTransport }, this.#handshakes);
    } else this.#connect(socket, this.#relays?.has(source.ip) ? { ...source, relay: source.ip } : source);
  }

  #startHandshake(socket: Socket, source: Peer, handshakes: TlsHandshakes): void {
    const { table, context } = this.#parts;
    const slot = new HandshakeSlot(socket, source, {
      handshakes,
      context: context(),
      onAdmitted: (admitted, tlsSocket, tlsSource) => {
        table.remove(admitted);
        this.#connect(tlsSocket, tlsSource);
      },
    });
    table.add(slot);
  }

  #connect(socket: Socket, source: Peer): void {
    const { table, kind, context } = this.#parts;
    table.add(new Connection(socket, kind.protocol(), source, context()));
    // A header was read before it; TLS takes what comes behind a header from a socket that is still paused.
    if (socket.isPaused()) socket.resume();
    context().counters['connections.accepted'].add();
  }

  #refuse(socket: Socket, reason: Refusal, peer: string): void {
    const { counters, warnings } = this.#parts.context();
    counters[reason].add();
    warnings.warn(`connection refused: ${REFUSALS[reason]}`, { peer });
    socket.on('error', () => {});
    socket.destroy();
  }
}

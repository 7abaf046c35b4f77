import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Peer } from '../../model/message.ts';
import type { Admitted, Handshake, HandshakeObserver, Refusal, TlsHandshakes } from '../../tls/index.ts';
import type { CounterName } from '../shared/counters.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { ConnectionSlot } from './connection-table.ts';

export type HandshakeSlotParts = {
  readonly handshakes: TlsHandshakes;
  readonly context: Pick<ConnectionContext, 'counters' | 'troubles' | 'onDone'>;
  /** The peer is admitted; its connection takes the place of `slot`. */
  readonly onAdmitted: (slot: ConnectionSlot, socket: TLSSocket, source: Peer) => void;
};

/** Takes up the place of a connection in the table while its TLS handshake runs. */
export class HandshakeSlot implements ConnectionSlot, HandshakeObserver {
  readonly source: Peer;
  readonly #parts: HandshakeSlotParts;
  readonly #handshake: Handshake;

  constructor(socket: Socket, source: Peer, parts: HandshakeSlotParts) {
    this.source = source;
    this.#parts = parts;
    this.#handshake = parts.handshakes.start(socket, this);
  }

  shutDown(): void {
    this.#handshake.abort();
  }

  abandon(): void {
    this.#handshake.abort();
  }

  close(reason: CounterName): void {
    this.#parts.context.counters[reason].add();
    this.#handshake.abort();
  }

  checkTime(now: number): void {
    this.#handshake.checkTime(now);
  }

  onAdmitted(socket: TLSSocket, { name, relay }: Admitted): void {
    const names = { ...(name !== undefined && { peer_cn: name }), ...(relay !== undefined && { relay }) };
    const source = { ...this.source, ...names };
    this.#parts.onAdmitted(this, socket, source);
  }

  onRefused(refusal: Refusal): void {
    this.#parts.context.troubles.report(this.source, refusal);
  }

  onClosed(): void {
    this.#parts.context.onDone(this);
  }
}

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Admitted } from './authorize.ts';
import { hungUp, type Refusal } from './refusals.ts';

/** Receives the outcome of one handshake: `onAdmitted` alone, or at most one `onRefused` and then `onClosed`. */
export interface HandshakeObserver {
  /** The peer may connect; the observer owns `socket` now. */
  onAdmitted(socket: TLSSocket, peer: Admitted): void;
  /** The peer is refused; its socket is being closed. */
  onRefused(refusal: Refusal): void;
  /** The socket of a peer that was not admitted is closed. */
  onClosed(): void;
}

/** One peer's handshake, from its connection until it is admitted or refused. */
export class Handshake {
  #state: 'running' | 'admitted' | 'refused' = 'running';
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #observer: HandshakeObserver;
  readonly #since = performance.now();
  /** Bytes that were read before the handshake: the header of a balancer. */
  readonly #before: number;

  constructor(socket: Socket, timeoutMs: number, observer: HandshakeObserver) {
    this.#socket = socket;
    this.#before = socket.bytesRead - socket.readableLength;
    this.#timeoutMs = timeoutMs;
    this.#observer = observer;
    socket.on('error', () => {});
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Whether the peer has sent anything. */
  get hasSpoken(): boolean {
    return this.#socket.bytesRead > this.#before;
  }

  admit(socket: TLSSocket, peer: Admitted): void {
    this.#state = 'admitted';
    this.#observer.onAdmitted(socket, peer);
  }

  refuse(refusal: Refusal): void {
    if (!this.isRunning) return;
    this.#observer.onRefused(refusal);
    this.abort();
  }

  /** Closes the socket without reporting a refusal. */
  abort(): void {
    this.#state = 'refused';
    this.#socket.destroy();
  }

  /** Refuses the peer if its handshake has taken too long; `now` is on the monotonic clock, ms. */
  checkTime(now: number): void {
    if (!this.isRunning || now - this.#since < this.#timeoutMs) return;
    this.refuse({ reason: 'tls_timeout', text: 'the handshake took longer than tls.handshake_timeout' });
  }

  /** The socket has closed. Once admitted, a connection belongs to the observer, which notices that by itself. */
  onClose(): void {
    if (this.#state === 'admitted') return;
    if (this.isRunning) this.#observer.onRefused(hungUp(this.hasSpoken));
    this.#state = 'refused';
    this.#observer.onClosed();
  }
}

import type { Socket } from 'node:net';
import { NetworkSet, networkOf } from '../../base/ip.ts';
import type { WebCounters } from '../counters.ts';

/** Open connections, at most, in all and of one address; a network of IPv6 counts as one. */
const MAX_CONNECTIONS = 256;
const MAX_PER_ADDRESS = 128;
/** From this number on, connections that never sent anything are closed to make room, then those between requests. */
const CROWDED = MAX_CONNECTIONS * 0.9;

/** Why a connection is refused: the last part of its counter. */
export type TableRefusal = 'max_connections' | 'per_address';

/** The open connections of the web page with the networks of their peers, oldest first; decides whether it accepts one more. */
export class Connections {
  readonly #all = new Map<Socket, string>();
  readonly #counters: WebCounters;
  readonly #closeIdle: () => void;
  readonly #proxies: NetworkSet;

  /**
   * @param closeIdle closes the connections on which no request is under way
   * @param proxies stand for all their users, and may open as many as there can be
   */
  constructor(counters: WebCounters, closeIdle: () => void, proxies = new NetworkSet([])) {
    this.#counters = counters;
    this.#closeIdle = closeIdle;
    this.#proxies = proxies;
  }

  /** Why a connection from this address is refused; undefined if it is accepted. May close idle ones to make room. */
  refusal(address: string): TableRefusal | undefined {
    const network = networkOf(address);
    let ofNetwork = 0;
    for (const other of this.#all.values()) if (other === network) ofNetwork++;
    if (ofNetwork >= MAX_PER_ADDRESS && !this.#proxies.has(address)) return 'per_address';
    if (this.#all.size >= CROWDED) this.#makeRoom();
    return this.#all.size >= MAX_CONNECTIONS ? 'max_connections' : undefined;
  }

  add(socket: Socket, address: string): void {
    this.#all.set(socket, networkOf(address));
    this.#counters['connections.accepted'].add();
    this.#count();
    socket.once('close', () => {
      this.#all.delete(socket);
      this.#count();
    });
  }

  closeAll(): void {
    for (const socket of this.#all.keys()) socket.destroy();
  }

  #makeRoom(): void {
    for (const socket of this.#all.keys()) {
      if (socket.bytesRead > 0) continue;
      this.#counters['connections.closed.never_sent'].add();
      this.#all.delete(socket);
      socket.destroy();
      return;
    }
    this.#closeIdle();
  }

  #count(): void {
    this.#counters['connections.open'].set(this.#all.size);
  }
}

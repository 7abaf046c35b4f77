import type { Source } from '../../model/message.ts';
import type { CounterName } from '../shared/counters.ts';

/** From this share of the limit on, connections that never sent anything are closed to make room for new ones. */
const CROWDED_SHARE = 0.9;

/** Why the table refuses a connection: the name of the counter. */
export type TableRefusal =
  | 'connections.refused.max_connections'
  | 'connections.refused.per_address'
  | 'connections.refused.no_descriptors';

export type TableLimits = {
  readonly all: number;
  readonly perAddress: number;
  /** Connections that the process's file descriptors allow. */
  readonly descriptors: number;
};

/** An entry of the connection table: a TLS handshake or a connection. */
export interface ConnectionSlot {
  readonly source: Source;
  /** Whether a balancer has not said yet whose it is: it counts for no address. */
  readonly isUnnamed?: boolean;
  /** Ends the server's side and reads on; only for protocols whose senders check whether the server is still there. */
  readonly endOurSide?: (() => void) | undefined;
  /** Whether its sender waits because the disk is behind; it has more to send, and will when the disk catches up. */
  readonly isHeldBack?: boolean;
  /** Stops reading, hands over what was read, and closes the socket once that is durable. */
  shutDown(): void;
  /** Ends at once; messages that the spool has not accepted are dropped and counted. */
  abandon(): void;
  /** Closes the connection and counts the reason; what was read from it is kept. */
  close(reason: CounterName): void;
  /** Closes the connection if one of its time limits has passed; `now` is on the monotonic clock, ms. */
  checkTime(now: number): void;
}

/** The open connections of a listener; decides whether it accepts one more. */
export class ConnectionTable {
  readonly #limits: TableLimits;
  readonly #all = new Set<ConnectionSlot>();
  /** Connections that never sent anything, oldest first. */
  readonly #silent = new Set<ConnectionSlot>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: TableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<ConnectionSlot> {
    return this.#all.values();
  }

  /**
   * Why a connection is refused; undefined if it is accepted. May close a silent one to make room. @param address absent
   * if it is not known yet
   */
  refusal(address?: string): TableRefusal | undefined {
    const fromAddress = address === undefined ? 0 : (this.#perAddress.get(address) ?? 0);
    if (fromAddress >= this.#limits.perAddress) return 'connections.refused.per_address';
    const { all, descriptors } = this.#limits;
    if (this.size >= Math.min(all, descriptors) * CROWDED_SHARE) this.#makeRoom();
    if (this.size >= all) return 'connections.refused.max_connections';
    return this.size >= descriptors ? 'connections.refused.no_descriptors' : undefined;
  }

  add(connection: ConnectionSlot): void {
    const { ip } = connection.source;
    this.#all.add(connection);
    this.#silent.add(connection);
    if (!connection.isUnnamed) this.#perAddress.set(ip, (this.#perAddress.get(ip) ?? 0) + 1);
  }

  /** The connection has sent something: it is no longer closed to make room. */
  hasSent(connection: ConnectionSlot): void {
    this.#silent.delete(connection);
  }

  remove(connection: ConnectionSlot): void {
    const { ip } = connection.source;
    if (!this.#all.delete(connection)) return;
    this.#silent.delete(connection);
    if (connection.isUnnamed) return;
    const left = (this.#perAddress.get(ip) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(ip, left);
    else this.#perAddress.delete(ip);
  }

  #makeRoom(): void {
    for (const oldest of this.#silent) {
      this.remove(oldest);
      oldest.close('connections.closed.never_sent');
      return;
    }
  }
}

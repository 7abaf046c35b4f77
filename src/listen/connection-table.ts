import type { Connection } from './connection.ts';

/** From this share of all connections on, those that never sent anything make room for new ones. */
const CROWDED = 0.9;

/** Why a connection is refused: the counter of it. */
export type Refusal =
  | 'connections.refused.max_connections'
  | 'connections.refused.per_address'
  | 'connections.refused.no_descriptors';

export type TableLimits = {
  readonly all: number;
  readonly perAddress: number;
  /** What the process's file descriptors allow. */
  readonly descriptors: number;
};

/** The open connections of a listener, and whether one more may join them. */
export class ConnectionTable {
  readonly #limits: TableLimits;
  readonly #all = new Set<Connection>();
  /** Those that never sent anything, oldest first. */
  readonly #silent = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: TableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values();
  }

  /** Why a connection from this address is refused; undefined where it is welcome. May close a silent one for it. */
  refusal(address: string): Refusal | undefined {
    if ((this.#perAddress.get(address) ?? 0) >= this.#limits.perAddress) return 'connections.refused.per_address';
    const { all, descriptors } = this.#limits;
    if (this.size >= Math.min(all, descriptors) * CROWDED) this.#makeRoom();
    if (this.size >= all) return 'connections.refused.max_connections';
    return this.size >= descriptors ? 'connections.refused.no_descriptors' : undefined;
  }

  add(connection: Connection): void {
    const { ip } = connection.source;
    this.#all.add(connection);
    this.#silent.add(connection);
    this.#perAddress.set(ip, (this.#perAddress.get(ip) ?? 0) + 1);
  }

  hasSent(connection: Connection): void {
    this.#silent.delete(connection);
  }

  remove(connection: Connection): void {
    const { ip } = connection.source;
    if (!this.#all.delete(connection)) return;
    this.#silent.delete(connection);
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

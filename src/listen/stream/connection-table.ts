import type { Source } from '../../model/message.ts';
import type { CounterName } from '../counters.ts';

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

/** Whoever has a place in the table of connections. */
export interface Guest {
  readonly source: Source;
  /** Ends our side and reads on, where the sender's protocol lets it look whether we are still there. */
  readonly endOurSide?: (() => void) | undefined;
  /** Whether its sender waits because the disk is behind, which passes: it has more that we should take. */
  readonly isHeldBack?: boolean;
  /** Stops reading, hands over what was read, and closes the socket once that is on disk. */
  shutDown(): void;
  /** Ends at once: what the spool has not taken is dropped and counted. */
  abandon(): void;
  /** Closes the connection for a reason that is counted; what was read of it is kept. */
  close(reason: CounterName): void;
  /** Closes the connection where one of its times is up; `now` is on the steady clock, ms. */
  checkTime(now: number): void;
}

/** The open connections of a listener, and whether one more may join them. */
export class ConnectionTable {
  readonly #limits: TableLimits;
  readonly #all = new Set<Guest>();
  /** Those that never sent anything, oldest first. */
  readonly #silent = new Set<Guest>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: TableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Guest> {
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

  add(connection: Guest): void {
    const { ip } = connection.source;
    this.#all.add(connection);
    this.#silent.add(connection);
    this.#perAddress.set(ip, (this.#perAddress.get(ip) ?? 0) + 1);
  }

  hasSent(connection: Guest): void {
    this.#silent.delete(connection);
  }

  remove(connection: Guest): void {
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

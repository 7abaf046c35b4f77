/** Sessions that may be open at once, about; a flood of forged addresses costs no more. */
const LIMIT = 10_000;

/**
 * The session of each peer that sent datagrams of late. Two generations stand for an order of use, which would cost
 * more than the rest of a datagram: who is not heard while the younger fills up loses its session with the older.
 */
export class PeerSessions {
  readonly #open: (address: string, port: number) => number;
  readonly #close: (sessions: Iterable<number>) => void;
  readonly #half: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  /** The peer of the last datagram: most come in runs. */
  #address = '';
  #port = -1;
  #session = 0;

  /** @param close is told of many at once; no datagram after that refers to them */
  constructor(
    open: (address: string, port: number) => number,
    close: (sessions: Iterable<number>) => void,
    limit = LIMIT,
  ) {
    this.#open = open;
    this.#close = close;
    this.#half = Math.ceil(limit / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The session of a peer; opened where there is none. */
  of(address: string, port: number): number {
    if (port !== this.#port || address !== this.#address) {
      this.#session = this.#find(address, port);
      this.#address = address;
      this.#port = port;
    }
    return this.#session;
  }

  /** Closes all. */
  clear(): void {
    this.#close([...this.#young.values(), ...this.#old.values()]);
    this.#young.clear();
    this.#old.clear();
    this.#port = -1;
  }

  #find(address: string, port: number): number {
    const key = `${address} ${port}`;
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    if (this.#young.size >= this.#half) this.#turnOver();
    const session = this.#old.get(key) ?? this.#open(address, port);
    this.#old.delete(key);
    this.#young.set(key, session);
    return session;
  }

  #turnOver(): void {
    this.#close(this.#old.values());
    this.#old = this.#young;
    this.#young = new Map();
  }
}

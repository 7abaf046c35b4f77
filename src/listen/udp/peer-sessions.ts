import { RecentMap } from '../../base/recent-map.ts';

/** Approximate number of open sessions; a flood of forged addresses costs no more than this. */
const MAX_SESSIONS = 10_000;

/** The spool session of each peer that sent datagrams recently; those of the least recent peers are closed. */
export class PeerSessions {
  readonly #sessions: RecentMap<number>;
  /** The peer of the last datagram and its session: datagrams of one peer mostly come in runs. */
  #address = '';
  #port = -1;
  #session = 0;

  /** @param close receives many sessions at once; no later datagram refers to them */
  constructor(
    open: (address: string, port: number) => number,
    close: (sessions: Iterable<number>) => void,
    limit = MAX_SESSIONS,
  ) {
    const openByKey = (key: string): number => {
      const space = key.lastIndexOf(' ');
      return open(key.slice(0, space), Number(key.slice(space + 1)));
    };
    this.#sessions = new RecentMap(limit, openByKey, close);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session of a peer, opened if it has none. */
  of(address: string, port: number): number {
    if (port !== this.#port || address !== this.#address) {
      this.#session = this.#sessions.get(`${address} ${port}`);
      this.#address = address;
      this.#port = port;
    }
    return this.#session;
  }

  /** Closes all sessions. */
  clear(): void {
    this.#sessions.clear();
    this.#port = -1;
  }
}

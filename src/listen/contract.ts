import type { TlsSettings } from '../tls/settings.ts';

export { checkFiles } from './check-files.ts';
export { counterNames, LISTENER_COUNTERS } from './shared/counters.ts';

/** How much one address may send: messages a second on average, and at once after a pause. */
export type Rate = { readonly per_second: number; readonly burst: number };

/** The settings that an open listener can take over: who may send, and how much. `tls` only if it already used TLS. */
export type Admission = {
  readonly allow?: readonly string[] | undefined;
  readonly rate?: Rate | undefined;
  /** Networks of load balancers, whose connections begin with a PROXY header; connections only. */
  readonly proxy?: readonly string[] | undefined;
  /** When connections are asked to connect again, ms; connections only. */
  readonly max_age?: number | undefined;
  readonly tls?: TlsSettings | undefined;
  /** Peers that are believed where a message came from. It does not change while a listener is open. */
  readonly relays?: readonly string[] | undefined;
};

/** Receives messages and hands them to the spool. */
export interface Listener {
  /** From the configuration, e.g. `tcp0`. */
  readonly name: string;
  readonly kind: string;
  /** The address it is bound to, e.g. `127.0.0.1:5514`, `[::1]:5514`. */
  readonly address: string;
  /**
   * Accepts nothing new, reads what has already reached this machine, and resolves when all of it is durable. When
   * `signal` is aborted, messages that the spool still refuses are dropped and counted; those that it accepted are left
   * to it.
   */
  close(signal?: AbortSignal): Promise<void>;
  /**
   * Takes over the new admission settings and reloads certificates. Open connections stay, unless their network is no
   * longer allowed; all other settings apply to new connections. Changed certificate files are noticed without it.
   * @throws CordwoodError ERR_CONFIG if a file cannot be used; nothing has changed then
   */
  reload(settings: Admission): Promise<void>;
  stats(): ListenerStats;
}

/** What `stats` reports of one listener. */
export type ListenerStats = {
  readonly name: string;
  readonly kind: string;
  readonly address: string;
  /** UDP: receive buffer that the kernel granted, bytes. */
  readonly receiveBuffer?: number;
  /** UDP: datagrams the kernel has dropped since the socket was opened, as of a few seconds ago. */
  readonly kernelDrops?: number;
  /** TLS: when the first of its certificates (its own or a CA) expires, ms. */
  readonly certificateExpires?: number;
  /** TLS: the latest connections that failed, one for each address and reason, the newest first. */
  readonly tlsTroubles?: readonly TlsTrouble[];
};

/** TLS connections of one address that failed for one reason. */
export type TlsTrouble = {
  readonly ip: string;
  /** Which side ended it, why, and what to do. */
  readonly text: string;
  readonly times: number;
  /** When it happened last, ms. */
  readonly at: number;
};

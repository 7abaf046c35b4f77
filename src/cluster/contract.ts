/** The namespace of the store's state that node numbers and node reports lie in. */
export const NODES = 'nodes';

/** The namespace of the store's state with what each node knows of servers that forward to it, by node. */
export const RELAYS = 'relays';

/** A relay whose beats are missing for this long is away, ms: it sends one every ten seconds. */
export const AWAY_MS = 60_000;

/**
 * What a node knows of one server that forwards to it, under one name of the forward. Times are of the node's clock, in
 * ms. The keys are a stored format.
 */
export type RelayReport = {
  /** The name in its certificate, or its address. */
  readonly relay: string;
  /** The nonce of its spool, and the name of the forward there. */
  readonly from: string;
  /** The name of its machine, and its version; absent before its first beat. */
  readonly host?: string;
  readonly version?: string;
  /** When something of it last arrived. */
  readonly heardAt: number;
  /** When its last beat arrived. */
  readonly beatAt?: number;
  /** How far its clock was ahead of ours at its last beat, at least: the beat took some time to arrive. */
  readonly lead?: number;
  /** At its last beat: messages still to be looked at there, and how much older the last sent one is than the newest. */
  readonly waiting?: number;
  readonly behind?: number;
  /** Messages that were taken, and those that were taken before. */
  readonly taken: number;
  readonly again: number;
  /** At its last beat: messages that it had sent, and those of them that were not here. */
  readonly sent?: number;
  readonly missing?: number;
  /** Messages that it could not forward: deleted by retention, cut, or refused. */
  readonly lost?: number;
  readonly cut?: number;
  readonly dead?: number;
  /** When it was last found to be set back to an earlier state. */
  readonly setBackAt?: number;
};

/** The last report of a node, and what it knows of servers that forward to it. */
export type KnownNode = NodeReport & { readonly relays?: readonly RelayReport[] };

/**
 * What a node reports about itself every few seconds while it runs; kept in the store's state under
 * `NODES`.
 */
export type NodeReport = {
  readonly node: number;
  /** Name of the machine. */
  readonly host: string;
  readonly version: string;
  /** ms, by the node's own clock. */
  readonly startedAt: number;
  readonly heartbeatAt: number;
  /** Interval between reports, ms. A node whose last report is much older than this is silent. */
  readonly every: number;
  /** Whether the node shut down cleanly: it writes nothing until it starts again. */
  readonly stopped: boolean;
  /** The id up to which everything the node received is stored; absent before its first message. */
  readonly visible?: string;
  /**
   * The cluster time at which `visible` was stored, in decimal digits; absent if the store has no
   * such clock.
   */
  readonly reached?: string;
  /** All counters of the node that are not zero. */
  readonly counters: Readonly<Record<string, number>>;
};

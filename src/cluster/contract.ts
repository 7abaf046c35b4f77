/** The namespace of the store's state that node numbers and node reports lie in. */
export const NODES = 'nodes';

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

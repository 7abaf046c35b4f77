/** Why messages of a span of time may be missing. */
export type GapReason =
  /** No server ran. */
  | 'outage'
  /** The spool was full: TCP and RELP waited, datagrams were dropped. */
  | 'spool_full'
  /** The disk of the spool refused writes. */
  | 'disk_refused'
  /** The kernel dropped datagrams before they were read. */
  | 'kernel'
  /** A limit of a listener dropped messages. */
  | 'limited'
  /** Messages were lost before the spool for another reason, and counted. */
  | 'lost'
  /** Numbers of the sender are missing (RFC 5424 `meta sequenceId`). */
  | 'sequence'
  /** Messages were in a damaged place of the spool. */
  | 'damaged'
  /** The store's state was damaged: counts and gaps that were recorded in this time are gone. */
  | 'state'
  /** The clock was set forward, or the machine was suspended: nothing arrived in this time. */
  | 'clock'
  /** Retention deleted stored messages before a destination of `forward:` had taken them, or they were skipped. */
  | 'not_forwarded';

/** A span of time, ms on the arrival clock: `from` included, `to` excluded. */
export type Interval = { readonly from: number; readonly to: number };

/** A span of time in which messages were lost, or may have been. */
export type Gap = Interval & {
  readonly reason: GapReason;
  /** The listener; absent if all are affected. */
  readonly listener?: string;
  /** The sender. */
  readonly host?: string;
  /** The node, if there are several. */
  readonly node?: number;
  /** Number of messages known to be missing. */
  readonly count?: number;
  /** The gap has not ended yet. */
  readonly open?: true;
};

/** When the nodes were listening, and what is known to be missing. */
export interface Coverage {
  /** Gaps that overlap [from, to), earliest first. */
  gaps(from: number, to: number): Promise<readonly Gap[]>;
  /**
   * The parts of [from, to) in which the nodes were listening and accepted messages, earliest first: there, silence means
   * that nothing was sent. Counted drops (kernel, limits) do not end a part.
   */
  coveredWithin(from: number, to: number): Promise<readonly Interval[]>;
  /** By listener, since when it is open, apart from restarts of its node, ms; undefined if it is closed. */
  listeners(): Promise<ReadonlyMap<string, number | undefined>>;
  /** When the first server began to listen, ms; undefined if none ever did. */
  since(): Promise<number | undefined>;
}

/** Counts of messages by outcome. `received` is the sum of the others. */
export type Balance = {
  readonly received: number;
  readonly stored: number;
  /** Dropped by a stage of the pipeline. */
  readonly dropped: number;
  /** Dropped by a limit of a listener. */
  readonly limited: number;
  /** Refused by the store, and kept as dead letters. */
  readonly dead: number;
  /** In the spool, not stored yet. */
  readonly waiting: number;
  /** Lost because the spool was full, its disk failed, or it was damaged. */
  readonly lost: number;
};

/** The account of one listener. */
export type ListenerAccount = Balance & {
  readonly name: string;
  /** The node, of several. */
  readonly node: number;
  /** Datagrams dropped by the kernel, and messages from addresses that are not allowed; neither counts as received. */
  readonly kernel: number;
  readonly refused: number;
  /** Messages received but not accounted for, or the reverse (negative); 0 if the account balances. */
  readonly unexplained: number;
  /** Drops of the listener, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Messages among those received whose end is a guess, because an octet count was wrong; absent if there are none. */
  readonly misframed?: number;
  /** Number of its messages now in the store, if the question asked for it. */
  readonly found?: number;
  /** Number of its messages in the store that are still being read back from the spool, and not counted as stored yet. */
  readonly readBack?: number;
};

/** The name of the row for messages of earlier runs in the spool. */
export const EARLIER_RUN = '(of an earlier run)';

export type HostAccount = { readonly name: string } & Pick<Balance, 'stored' | 'dropped' | 'dead' | 'waiting'>;

/** What a server that forwards here has sent since it was first heard, and what became of it. */
export type RelayAccount = {
  /** The name in its certificate, or its address. */
  readonly relay: string;
  /** The nonce of its spool, and the name of the forward there. */
  readonly from: string;
  /** Messages that it had sent before its last report, and those of them that are not here; absent before the first. */
  readonly sent?: number;
  readonly missing?: number;
  /** Messages that were taken, and those that were taken before. */
  readonly taken: number;
  readonly again: number;
};

/** The account of a window. */
export type Account = {
  /** The window, widened to whole buckets, ms. */
  readonly since: number;
  readonly until: number;
  readonly listeners: readonly ListenerAccount[];
  /** Sorted by number of messages, the highest first. */
  readonly hosts: readonly HostAccount[];
  /** Messages that each stage of the pipeline dropped. */
  readonly stages: readonly { readonly name: string; readonly dropped: number }[];
  readonly total: Balance;
  /** Absent if no server forwards here. These counts are not of the window, but of all time. */
  readonly relays?: readonly RelayAccount[];
  /** What does not balance, and why; empty if everything does. */
  readonly faults: readonly string[];
  /**
   * The days before this one (ms) were not compared with the store, because retention has removed
   * messages of them; absent if all were, or if nothing was compared.
   */
  readonly comparedSince?: number;
};

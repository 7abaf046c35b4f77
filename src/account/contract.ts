/** Why messages of a stretch of time may be missing. */
export const GAP_REASONS = [
  /** No server ran. */
  'outage',
  /** The spool was full: TCP and RELP were not read, datagrams were dropped. */
  'spool_full',
  /** The spool's disk refused. */
  'disk_refused',
  /** The kernel dropped datagrams before we could read them. */
  'kernel',
  /** A limit of ours dropped messages. */
  'limited',
  /** Messages were lost on their way to the spool for another reason, counted. */
  'lost',
  /** Numbers are missing in the sender's own count (RFC 5424 `meta sequenceId`). */
  'sequence',
  /** The spool was damaged where they lay. */
  'damaged',
  /** The clock was set forward, or the machine slept: there was no such time. */
  'clock',
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** A stretch of time, ms on the arrival clock: `from` included, `to` excluded. */
export type Interval = { readonly from: number; readonly to: number };

/** A stretch of time in which messages were lost, or may have been. */
export type Gap = Interval & {
  readonly reason: GapReason;
  /** Of which listener; all of them where it is absent. */
  readonly listener?: string;
  /** Of which sender. */
  readonly host?: string;
  /** At which receiver, where there are several. */
  readonly node?: number;
  /** Messages that are known to be missing. */
  readonly count?: number;
  /** Goes on at this moment. */
  readonly open?: true;
};

/** When we listened, and what is known to be missing. */
export interface Coverage {
  /** Gaps that touch [from, to), earliest first. */
  gaps(from: number, to: number): Promise<readonly Gap[]>;
  /**
   * The stretches of [from, to) in which every receiver listened and took what came, earliest first: there, silence
   * means that nothing was sent. Drops that are counted (kernel, limits) do not end a stretch.
   */
  coveredWithin(from: number, to: number): Promise<readonly Interval[]>;
  /** Since when each listener is open without a break but those of its receiver, ms; undefined where it is closed. */
  listeners(): Promise<ReadonlyMap<string, number | undefined>>;
  /** Since when there is anybody who listens, ms; undefined before the first server ran. */
  since(): Promise<number | undefined>;
}

/** What became of messages. What is received is the sum of the others. */
export type Balance = {
  readonly received: number;
  readonly stored: number;
  /** By a rule of the pipeline. */
  readonly dropped: number;
  /** By a limit of a listener. */
  readonly limited: number;
  /** Refused by the store, and put aside. */
  readonly dead: number;
  /** Not settled in the store yet. */
  readonly waiting: number;
  /** Dropped for want of room, or of a disk that works, or damaged in the spool. */
  readonly lost: number;
};

/** What one listener received, and what became of it. */
export type ListenerAccount = Balance & {
  readonly name: string;
  /** Of which receiver, where there are several. */
  readonly node: number;
  /** Datagrams that the kernel dropped, and what came from addresses that may not send: neither was received. */
  readonly kernel: number;
  readonly refused: number;
  /** Messages that were counted when they came and are not found anywhere, or the other way round; 0 where all is well. */
  readonly unexplained: number;
  /** What the listener dropped, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What the store holds of it now, where that was asked for. */
  readonly found?: number;
};

export type HostAccount = { readonly name: string } & Pick<Balance, 'stored' | 'dropped' | 'dead' | 'waiting'>;

/** The account of a stretch of time. */
export type Account = {
  /** ms: what was asked for, widened to whole cells. */
  readonly since: number;
  readonly until: number;
  readonly listeners: readonly ListenerAccount[];
  /** Those with the most messages first. */
  readonly hosts: readonly HostAccount[];
  /** Messages that each stage of the pipeline dropped. */
  readonly stages: readonly { readonly name: string; readonly dropped: number }[];
  readonly total: Balance;
  /** What does not balance, and what that means; empty where it does. */
  readonly faults: readonly string[];
};

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
  /** Since when there is anybody who listens, ms; undefined before the first server ran. */
  since(): Promise<number | undefined>;
}

import type { SilentHost, Stretch } from '../../hosts/contract.ts';
import type { OutboxStatus } from './outbox-status.ts';

/** What a digest reports from outside of alerts. */
export type DigestFacts = {
  /** Messages that were dropped or lost, by reason, most first, and what does not add up. */
  drops(stretch: Stretch): Promise<Drops>;
  disk(): Promise<DiskReport>;
};
export type Drops = {
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly faults: readonly string[];
};
/**
 * Bytes; `growth` is bytes a day. `full` is when the given limit will be reached by all streams
 * together.
 */
export type DiskReport = {
  readonly bytes: number;
  readonly growth?: number;
  readonly maxDisk?: number;
  readonly free?: number;
  readonly full?: { readonly at: number; readonly of: 'max_disk' | 'disk' };
};

/** A host or program with its number of messages, and the number in the stretch before. */
export type Talker = { readonly name: string; readonly count: number; readonly before: number };
/** A kind of message that its program had not written before. */
export type NewKind = { readonly program: string; readonly template: string; readonly count: number };
/** The beginning of a list that may be long. */
export type Top<Row> = { readonly shown: readonly Row[]; readonly more: number };

/**
 * What a digest says about a day; bounded in size, since it is kept in the outbox. The keys are a
 * stored format.
 */
export type DigestReport = {
  readonly window: Stretch;
  readonly lines: number;
  readonly linesBefore: number;
  /** Hosts that sent anything. */
  readonly hosts: number;
  readonly talkers: readonly Talker[];
  readonly programs: readonly Talker[];
  /**
   * Among the messages that match `query`; `learned` only the first time: how many kinds are known
   * from now on.
   */
  readonly kinds: Top<NewKind> & { readonly query: string; readonly learned?: number; readonly cut?: true };
  readonly silent: Top<SilentHost>;
  readonly drops: Drops;
  readonly incidents: Top<OpenIncident>;
  readonly outbox: OutboxStatus;
  readonly disk?: DiskReport;
  /** Rules that have not been judged when they should have been. */
  readonly idle: readonly { readonly rule: string; readonly since?: number }[];
  /** Until when all alerts are muted, ms. */
  readonly mutedUntil?: number;
  /** What could not be determined, and why. */
  readonly unknown: readonly string[];
};

export type OpenIncident = {
  readonly id: string;
  readonly since: number;
  readonly total: number;
  readonly acknowledged: boolean;
};

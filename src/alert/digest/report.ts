import type { OutboxRow, SilentHost } from '../contract.ts';

/** A stretch of time, ms; `to` excluded. */
export type Stretch = { readonly from: number; readonly to: number };

/** What alerts themselves do not know and a digest tells. */
export type DigestFacts = {
  /** Messages that were dropped or lost, by the reason, the most first, and what does not balance. */
  drops(stretch: Stretch): Promise<Drops>;
  disk(): Promise<DiskReport>;
};
export type Drops = {
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly faults: readonly string[];
};
/** Bytes; of growth, a day. `full` is when all streams reach a limit, and which. */
export type DiskReport = {
  readonly bytes: number;
  readonly growth?: number;
  readonly maxDisk?: number;
  readonly free?: number;
  readonly full?: { readonly at: number; readonly of: 'max_disk' | 'disk' };
};

/** Who sent how much, and how much in the stretch before. */
export type Talker = { readonly name: string; readonly count: number; readonly before: number };
/** A kind of message that its program had not written before. */
export type NewKind = { readonly program: string; readonly template: string; readonly count: number };
/** The first of a list that may be long. */
export type Top<Row> = { readonly shown: readonly Row[]; readonly more: number };

/** What a day was like; bounded, since it is kept in the outbox. */
export type DigestReport = {
  readonly window: Stretch;
  readonly lines: number;
  readonly linesBefore: number;
  /** Hosts that sent anything. */
  readonly hosts: number;
  readonly talkers: readonly Talker[];
  readonly programs: readonly Talker[];
  /** Among what `query` finds; `learned` where it is the first time: how many kinds are known from now on. */
  readonly kinds: Top<NewKind> & { readonly query: string; readonly learned?: number; readonly cut?: true };
  readonly silent: Top<SilentHost>;
  readonly drops: Drops;
  readonly incidents: Top<OpenIncident>;
  readonly outbox: OutboxRow;
  readonly disk?: DiskReport;
  /** Rules that are not judged as they should be. */
  readonly idle: readonly { readonly rule: string; readonly since?: number }[];
  /** Until when nobody is told anything, ms. */
  readonly mutedUntil?: number;
  /** What could not be found out, and why. */
  readonly unknown: readonly string[];
};

export type OpenIncident = {
  readonly id: string;
  readonly since: number;
  readonly total: number;
  readonly acknowledged: boolean;
};

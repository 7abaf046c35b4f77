import type { BacktestRow, OutboxStatus, RuleRow, ShownDelivery } from '../../alert/contract.ts';
import type { Account, Gap } from '../../account/contract.ts';
import type { HoldRow, StreamRow, StreamsReport } from '../../ask/contract.ts';
import type { ClockRow, ShownHost, ZoneChange } from '../../hosts/contract.ts';
import type { Window } from './answers.ts';

export type { ClockRow, RuleRow, ShownHost, StreamRow, StreamsReport };

export type Hosts = { readonly items: readonly ShownHost[] };
export type Clocks = { readonly items: readonly ClockRow[] };
export type ZoneChanges = { readonly items: readonly ZoneChange[] };

export type Incident = NonNullable<RuleRow['incident']>;
export type Outbox = OutboxStatus;
export type Alerts = {
  readonly items: readonly RuleRow[];
  readonly outbox?: OutboxStatus;
  /** ms. */
  readonly mutedUntil?: number;
};

/** A notice as its recipient sees it. */
export type Letter = Pick<
  ShownDelivery,
  'recipient' | 'state' | 'tries' | 'sentAt' | 'failure' | 'subject' | 'text'
> & { readonly notice: Pick<ShownDelivery['notice'], 'id' | 'at' | 'kind'> };
export type Letters = { readonly items: readonly Letter[] };

/** What a backtest found beside its letters. */
export type Verdict = Extract<BacktestRow, { readonly ticks: number }>;
export type Backtest = { readonly items: readonly (Letter | BacktestRow)[] };
export type Digest = { readonly subject: string; readonly text: string };

export type Hold = HoldRow;
export type Holds = { readonly items: readonly Hold[] };

export type WindowAccount = Account & {
  readonly window?: Window;
  readonly gaps?: readonly Gap[];
  readonly gapsLeftOut?: number;
  readonly uncovered?: readonly string[];
};

export type SavedSearch = {
  readonly name: string;
  readonly owner: string;
  readonly revision: number;
  readonly query: string;
  readonly since?: string;
  readonly until?: string;
  readonly zone?: string;
  readonly columns?: readonly string[];
  readonly shared: boolean;
};
export type SavedSearches = { readonly items: readonly SavedSearch[] };

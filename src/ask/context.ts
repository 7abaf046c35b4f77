import type { AlertDesk } from '../alert/contract.ts';
import type { Account, Coverage, Interval } from '../account/contract.ts';
import type { Clock } from '../base/clock.ts';
import type { Holds, StoreReader, StreamPolicy } from '../store/contract.ts';
import type { NodeReport } from '../cluster/contract.ts';
import type { Stats } from './contract.ts';

/** What questions need of a store. */
export type Searchable = Pick<
  StoreReader,
  'find' | 'aggregate' | 'fieldNames' | 'stats' | 'damaged' | 'oldest' | 'retentionEdges'
>;

type StreamSettings = StreamPolicy & { readonly match?: string };

/** What handlers answer from: the same beside a running server and where a command opens the store itself. */
export type AnswerContext = {
  readonly store: Searchable;
  /** What the configuration says now, with the queries that take messages: a reload changes it. */
  retention(): { readonly streams: readonly StreamSettings[]; readonly maxDisk?: number };
  readonly holds: Holds;
  /**
   * Ids up to which everything is stored, one for every node of the store: also those that are gone for good, and at
   * sequence 0 those that have stored nothing yet. No answer goes beyond, and cursors are made of them.
   */
  visible(): readonly string[];
  /** The same for an answer that nothing goes on from: of a node that is silent, all that it has stored. */
  shown?(): readonly string[];
  /** Resolves once `visible()` is other than `seen`, after `timeoutMs` at the latest, at once where `signal` aborts. */
  changed(seen: readonly string[], signal: AbortSignal, timeoutMs: number): Promise<void>;
  /** All of `stats` but the store's own part. */
  status(): Promise<Omit<Stats, 'store'>>;
  /** What the receivers that fill the store say of themselves. */
  nodes(): Promise<NodeReport[]>;
  readonly coverage: Pick<Coverage, 'gaps' | 'since'>;
  /** What was received in a window and what became of it. */
  account(window: Interval): Promise<Account>;
  readonly now: Clock;
  readonly alerts: AlertDesk;
};

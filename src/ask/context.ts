import type { AlertService } from '../alert/contract.ts';
import type { ForwardService } from '../forward/contract.ts';
import type { HostsService } from '../hosts/contract.ts';
import type { Account, Coverage, Interval } from '../account/contract.ts';
import type { Clock } from '../base/clock.ts';
import type { Holds, StoreReader, StreamPolicy } from '../store/contract.ts';
import type { KnownNode } from '../cluster/contract.ts';
import type { Stats } from './contract.ts';
import type { SavedSearches } from './saved-searches.ts';

/** The part of a store that questions use. */
export type Searchable = Pick<
  StoreReader,
  'find' | 'aggregate' | 'fieldNames' | 'stats' | 'damaged' | 'oldest' | 'retentionEdges'
>;

type StreamSettings = StreamPolicy & { readonly match?: string };

/** What handlers answer from, both in a running server and in a command that opens the store itself. */
export type AnswerContext = {
  readonly store: Searchable;
  /** The streams and limits of the current configuration; a reload changes them. */
  retention(): { readonly streams: readonly StreamSettings[]; readonly maxDisk?: number; readonly keepFree?: number };
  readonly holds: Holds;
  /**
   * For every node, the id up to which everything is visible. Includes nodes that are gone for good, and at sequence 0
   * those that have stored nothing yet. No answer goes beyond these ids, and cursors consist of them.
   */
  visible(): readonly string[];
  /** The same for an answer without a cursor to go on from: includes all that a silent node has stored. */
  shown?(): readonly string[];
  /** Resolves when `visible()` differs from `seen`, after `timeoutMs` at the latest, or when `signal` aborts. */
  changed(seen: readonly string[], signal: AbortSignal, timeoutMs: number): Promise<void>;
  /** The answer of `stats`, except the part of the store. */
  status(): Promise<Omit<Stats, 'store'>>;
  /** The reports of the receivers that write to the store. */
  nodes(): Promise<KnownNode[]>;
  readonly coverage: Pick<Coverage, 'gaps' | 'since'>;
  /** What was received in a window and what became of it. */
  account(window: Interval): Promise<Account>;
  readonly now: Clock;
  readonly alerts: AlertService;
  readonly hosts: HostsService;
  readonly forwards: ForwardService;
  readonly searches: SavedSearches;
};

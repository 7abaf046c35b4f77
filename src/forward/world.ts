import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { Gap } from '../account/contract.ts';
import type { StoreReader, StreamPolicy } from '../store/contract.ts';
import type { DeadLetter } from '../store/index.ts';

/** What destinations are served from, and where they record what they do. */
export type ForwardWorld = {
  readonly store: Pick<StoreReader, 'find' | 'aggregate' | 'state' | 'retentionEdges'>;
  /** For every node, the id up to which everything is visible. */
  readonly visible: () => readonly string[];
  /** Resolves when `visible()` differs from `seen`, after `timeoutMs`, or when `signal` aborts. */
  readonly changed: (seen: readonly string[], signal: AbortSignal, timeoutMs: number) => Promise<void>;
  /** The nonces of spools by the numbers of their nodes. */
  readonly nonces: () => Promise<ReadonlyMap<number, string>>;
  readonly streams: () => readonly StreamPolicy[];
  /** Records a gap of this node. */
  readonly note: (gap: Gap) => Promise<void>;
  /** Sets messages aside for people, fsynced on return. */
  readonly setAside: (letter: DeadLetter) => void;
  /** The number of this process's node. */
  readonly node: number;
  /** Whether other processes have the store open and may forward, too. */
  readonly isShared: boolean;
  readonly host: string;
  readonly version: string;
  readonly counters: Counters;
  readonly now: Clock;
  readonly log: Logger;
  readonly times?: Partial<ForwardTimes>;
};

/** Times that tests shorten, ms. */
export type ForwardTimes = {
  /** The longest wait after a connection ended, and between two rounds of attempts. */
  readonly firstRetry: number;
  readonly lastRetry: number;
  /** An address before the connected one is gone back to once it can be reached for this long, … */
  readonly back: number;
  /** … looked at so often. */
  readonly probe: number;
  readonly beat: number;
  /** After a refusal, a message is tried again after each of these. */
  readonly aside: readonly number[];
};

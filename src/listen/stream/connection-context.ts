import type { Logger } from '../../base/log.ts';
import type { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import type { Spool } from '../../spool/contract.ts';
import type { ListenerCounters } from '../shared/counters.ts';
import type { ReadBudget } from '../shared/read-budget.ts';
import type { TokenBuckets } from '../shared/token-buckets.ts';
import type { ConnectionSlot } from './connection-table.ts';
import type { TimeLimits } from './connection-times.ts';
import type { DurableReport } from './durable-report.ts';
import type { HalfFrames } from './half-frames.ts';
import type { TlsTroubles } from './tls-troubles.ts';

/** What the connections of one listener share. */
export type ConnectionContext = {
  readonly spool: Spool;
  readonly budget: ReadBudget;
  readonly counters: ListenerCounters;
  readonly log: Logger;
  readonly warnings: ThrottledWarnings;
  readonly troubles: TlsTroubles;
  readonly limits: TimeLimits;
  /** Absent if the rate of senders is not limited. */
  readonly buckets: TokenBuckets | undefined;
  readonly halfFrames: HalfFrames<ConnectionSlot>;
  readonly report: DurableReport | undefined;
  /** Aborted when a shutdown no longer waits. */
  readonly giveUp: AbortSignal;
  /** A connection, a handshake or a header begins. */
  onOpen(): void;
  /** The connection has sent something for the first time. */
  onFirstBytes(connection: ConnectionSlot): void;
  /** The socket is closed and nothing of the connection is waiting any more. */
  onDone(connection: ConnectionSlot): void;
};

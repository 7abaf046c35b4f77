import { WaitingCounters } from '../account/index.ts';
import type { MessageBatch } from '../model/batch.ts';
import { idOf } from '../model/id.ts';
import { openIngest, type OpenIngestParts } from './open-ingest.ts';

export type WaitingMessages = {
  /** Messages that became rows. */
  readonly count: number;
  /** The id of the last message in the spool. */
  readonly end: string;
  /** When the last message arrived, ms; 0 if none waits. */
  readonly lastArrival: number;
  /** What the account counts of them. */
  readonly counters: WaitingCounters;
};

/**
 * Passes every message of the spool that is not in the store through the pipeline and to `insert`,
 * for a command when no server is running. @throws what the store, a stage or `insert` fails with
 */
export async function readWaiting(
  parts: Omit<OpenIngestParts, 'account'>,
  insert: (batch: MessageBatch) => Promise<void>,
): Promise<WaitingMessages> {
  const counters = new WaitingCounters();
  using opened = await openIngest({ ...parts, account: counters });
  const { ingest, pipeline } = opened;
  let count = 0;
  for (let more = true; more; ) {
    more = ingest.fill();
    pipeline.run(ingest.batch, counters);
    count += ingest.batch.count;
    await insert(ingest.batch);
    counters.addWaiting(ingest.batch);
    ingest.next();
  }
  const end = idOf({ receivedAt: 0, sequence: 0, ...parts.safe, ...ingest.last, node: parts.node });
  return { count, end, lastArrival: ingest.last?.receivedAt ?? 0, counters };
}

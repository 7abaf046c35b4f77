import { parentPort, threadId, workerData } from 'node:worker_threads';
import { reasonOf } from '../../../base/errors.ts';
import { SILENT } from '../../../base/log.ts';
import { createGroupCounts } from '../../blocks/index.ts';
import { ByteCache } from '../byte-cache.ts';
import { type CountJob, type CountResult, RunCounter } from './count-runs.ts';
import { Damage, Handles } from '../handles.ts';
import { RunQueue } from './run-queue.ts';

/*
 * The code of a scan thread: counts runs of blocks beside the reader, which sends it one question
 * at a time.
 */

/** Bytes of cached summaries and token filters, and of cached columns. */
const CACHED_BYTES = 12 << 20;

/** Damage to report to the reader, which logs and counts it. */
class FoundDamage extends Damage {
  found: { readonly place: string; readonly reason: string }[] = [];

  override report(place: string, error: unknown): void {
    this.found.push({ place, reason: reasonOf(error) });
  }
}

const { taker } = workerData as { readonly taker: number };
const damage = new FoundDamage(SILENT);
const handles = new Handles(damage);
const sources = { handles, summaries: new ByteCache(CACHED_BYTES), columns: new ByteCache(CACHED_BYTES) };

parentPort!.on('message', (job: CountJob) => {
  try {
    parentPort!.postMessage(count(job));
  } catch (error) {
    parentPort!.postMessage({ failed: `scan thread ${threadId}: ${reasonOf(error)}` });
  }
});

function count(job: CountJob): CountResult {
  damage.found = [];
  handles.refresh();
  const queue = new RunQueue(job.queue);
  const counts = createGroupCounts(job.grouping);
  const counter = new RunCounter(job, counts, sources);
  for (let run = queue.takeLast(taker); run !== undefined; run = queue.takeLast(taker)) {
    for (const _ of counter.count(run)) {
      if (counts.full) queue.stop();
      if (queue.stopped) break;
    }
  }
  return { groups: counts.groups(), damage: damage.found };
}

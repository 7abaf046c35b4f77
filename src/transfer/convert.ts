import { wallClock } from '../base/clock.ts';
import { CordwoodError } from '../base/errors.ts';
import { formatDuration, SECOND } from '../base/units.ts';
import { NODES } from '../cluster/contract.ts';
import { readReports } from '../cluster/index.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import type { StoreReader } from '../store/contract.ts';
import type { Converted, ConvertTarget, OpenStore } from './contract.ts';
import { targetOf } from './target.ts';

/** A server that has not reported for this long does not run, ms: servers report every two seconds. */
const RUNNING_MS = 30 * SECOND;

/**
 * Rewrites the documents of a MongoDB in the layout of this build.
 * @throws CordwoodError, also if a server still runs: an earlier build would go on in its own layout
 */
export async function convert(settings: Settings, options: ConvertTarget, openStore: OpenStore): Promise<Converted> {
  const { openReader, convert: run } = await openStore({ store: targetOf('convert', settings, options) });
  await using reader = await openReader({ ...retentionOf(settings), folder: settings.data, now: wallClock });
  await refuseRunning(reader);
  return await run!(options);
}

async function refuseRunning(store: StoreReader): Promise<void> {
  const now = (await store.time?.()) ?? wallClock();
  for (const { report } of await readReports(store.state(NODES))) {
    const age = now - report.heartbeatAt;
    if (report.stopped || age > RUNNING_MS) continue;
    const reason = `the server on ${report.host} (node ${report.node}) still runs, and reported ${formatDuration(Math.max(0, Math.round(age / SECOND) * SECOND))} ago`;
    const remedy = `stop it, or wait ${RUNNING_MS / SECOND} s if it was killed`;
    throw new CordwoodError('ERR_STORE', `cannot convert: ${reason}; ${remedy}`);
  }
}

import { accountCounters } from '../account/index.ts';
import { Counters } from '../base/counters.ts';
import { SILENT } from '../base/log.ts';
import type { Settings } from '../config/index.ts';
import { VisibleCell } from '../model/visible.ts';
import { RELAY_COUNTERS, stageCounter } from '../pipeline/index.ts';
import { DurableEnd, openSpool, SPOOL_COUNTERS } from '../spool/index.ts';
import type { StoreState, StoreWriter } from '../store/contract.ts';
import { PIPELINE_STATE } from './pipeline-state.ts';
import { resumeIngest } from './resume.ts';
import { STORE_LOOP_COUNTERS, StoreLoop } from './store-loop.ts';

export type DrainParts = {
  readonly settings: Settings;
  readonly store: StoreWriter;
  /** The folder of the spool. */
  readonly folder: string;
};

/**
 * Stores everything that waits in a spool, as a server does at its start, and deletes nothing from the store.
 * @returns the node of the spool, and how many messages were stored now @throws what the store fails with
 */
export async function drainSpool(parts: DrainParts): Promise<{ readonly node: number; readonly stored: number }> {
  const { settings, store, folder } = parts;
  const counters = countersOf(settings);
  const log = SILENT;
  const durable = new DurableEnd();
  await using spool = await openSpool({ folder, counters, log, durable, maxBytes: settings.spool.maxSize });
  const { nonce, recovered } = spool;
  const ingest = { settings, store, folder, nonce, lastEarlier: recovered.lastSequence, durable, counters, log };
  using resumed = await resumeIngest(ingest);
  const { node, account, safe, opened } = resumed;
  const loop = new StoreLoop({
    store,
    ingest: opened.ingest,
    account,
    pipeline: opened.pipeline,
    node,
    safe,
    durable,
    visible: new VisibleCell(),
    counters,
    log,
    onSafe: () => {},
    expires: false,
  });
  loop.drain();
  await loop.run();
  return { node, stored: counters.get('writer.messages') };
}

/** The counters of a server that nothing listens for. */
function countersOf({ listen, pipeline }: Settings): Counters {
  const fixed = [...SPOOL_COUNTERS, ...STORE_LOOP_COUNTERS, ...RELAY_COUNTERS];
  return new Counters([...fixed, ...accountCounters(listen.map(({ name }) => name)), ...pipeline.map(stageCounter)]);
}

/** Lets the stages of one node go on with what they remember as those of another one. */
export async function carryOverPipeline(
  state: (namespace: string) => StoreState,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const stages = state(PIPELINE_STATE);
  const entry = await stages.get(String(from));
  if (entry) await stages.put(String(to), entry.value, (await stages.get(String(to)))?.revision ?? 0);
}

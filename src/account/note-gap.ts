import type { StoreState } from '../store/contract.ts';
import type { Gap } from './contract.ts';
import { COVERAGE, GapLog } from './gap-log.ts';

/** The log of what a node did not forward; its thread alone writes it. */
export const FORWARD_LOG = 'forward';

/** Records a gap that forwarding has found. @param state the state of a namespace of the store */
export async function noteForwardGap(state: (namespace: string) => StoreState, node: number, gap: Gap): Promise<void> {
  const coverage = state(COVERAGE);
  const log = new GapLog(coverage, `${node}/${FORWARD_LOG}`);
  await log.add(gap);
  for (const { key, value } of log.changes()) await coverage.put(key, value, (await coverage.get(key))?.revision ?? 0);
}

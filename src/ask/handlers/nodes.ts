import { SECOND } from '../../base/units.ts';
import type { NodeReport } from '../../cluster/contract.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer } from '../contract.ts';

/** A node is silent after missing this many reports. */
const MISSED = 3;
/** A node is not silent before this time without a report, ms. */
const MIN_MS = 30 * SECOND;

/** Every receiver that ever reported to the store, by number, with its state. */
export async function* nodes(_params: Record<string, never>, context: AnswerContext): Answer<'nodes'> {
  const now = context.now();
  for (const report of await context.nodes()) yield { ...report, state: stateOf(report, now) };
  return {};
}

function stateOf({ stopped, heartbeatAt, every }: NodeReport, now: number): 'running' | 'stopped' | 'silent' {
  if (stopped) return 'stopped';
  return now - heartbeatAt > Math.max(MIN_MS, MISSED * every) ? 'silent' : 'running';
}

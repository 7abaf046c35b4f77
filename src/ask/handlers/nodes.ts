import type { NodeReport } from '../../cluster/contract.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer } from '../contract.ts';

/** A node that has missed so many of its reports is silent, and one that was silent for so long, ms. */
const MISSED = 3;
const LEAST_MS = 30_000;

/** Every receiver that ever reported to the store, by number. */
export async function* nodes(_params: Record<string, never>, context: AnswerContext): Answer<'nodes'> {
  const now = context.now();
  for (const report of await context.nodes()) yield { ...report, state: stateOf(report, now) };
  return {};
}

function stateOf({ stopped, heartbeatAt, every }: NodeReport, now: number): 'running' | 'stopped' | 'silent' {
  if (stopped) return 'stopped';
  return now - heartbeatAt > Math.max(LEAST_MS, MISSED * every) ? 'silent' : 'running';
}

import type { AnswerContext } from '../context.ts';
import type { Answer } from '../contract.ts';

const DAY = 86_400_000;
/** Gaps that are told of at most. */
const GAPS = 20;

/** What is stored, what waits, what listens, every counter, and where messages of the last day may be missing. */
export async function* stats(_params: Record<string, never>, context: AnswerContext): Answer<'stats'> {
  const [status, store] = await Promise.all([context.status(), context.store.stats()]);
  yield { ...status, store };
  const gaps = await context.coverage.gaps(context.now() - DAY, context.now() + 1);
  return gaps.length > 0 ? { gaps: gaps.slice(-GAPS) } : {};
}

import { reasonOf } from '../../base/errors.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer } from '../contract.ts';

const DAY = 86_400_000;
/** Gaps that are told of at most. */
const GAPS = 20;

/** What is stored, what waits, what listens, every counter, and where messages of the last day may be missing. */
export async function* stats(_params: Record<string, never>, context: AnswerContext): Answer<'stats'> {
  const status = await context.status();
  // What waits, what listens and what was counted is wanted most where the store is away.
  const store = await context.store.stats().catch((error: unknown) => {
    if (!status.running) throw error;
    return { kind: 'away', days: [], damaged: 0, away: reasonOf(error) };
  });
  yield { ...status, store };
  if ('away' in store) return {};
  const gaps = await context.coverage.gaps(context.now() - DAY, context.now() + 1);
  return gaps.length > 0 ? { gaps: gaps.slice(-GAPS) } : {};
}

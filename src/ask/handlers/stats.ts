import { reasonOf } from '../../base/errors.ts';
import { DAY } from '../../base/units.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer } from '../contract.ts';

/** Gaps listed, at most. */
const GAPS = 20;

/** The store, the spool, the listeners, every counter, and the gaps of the last day. */
export async function* stats(_params: Record<string, never>, context: AnswerContext): Answer<'stats'> {
  const status = await context.status();
  // The spool, the listeners and the counters matter most when the store cannot be reached.
  const store = await context.store.stats().catch((error: unknown) => {
    if (!status.running) throw error;
    return { kind: 'away', days: [], damaged: 0, away: reasonOf(error) };
  });
  yield { ...status, store };
  if ('away' in store) return {};
  const gaps = await context.coverage.gaps(context.now() - DAY, context.now() + 1);
  return gaps.length > 0 ? { gaps: gaps.slice(-GAPS) } : {};
}

import type { AnswerContext } from '../context.ts';
import type { Answer } from '../contract.ts';

/** What is stored, what waits, what listens, and every counter. */
export async function* stats(_params: Record<string, never>, context: AnswerContext): Answer<'stats'> {
  const [status, store] = await Promise.all([context.status(), context.store.stats()]);
  yield { ...status, store };
  return {};
}

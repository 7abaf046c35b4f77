import type { AnswerContext } from '../context.ts';
import type { Answer, Scope } from '../contract.ts';
import { select, uncovered } from '../scope.ts';

/** The number of messages in a scope. @throws at once if the question cannot be read */
export function count(params: Scope, context: AnswerContext, signal: AbortSignal): Answer<'count'> {
  const selection = select(params, context);
  return (async function* () {
    const groups = await context.store.aggregate(selection.query, { by: [] }, signal);
    yield { count: groups.reduce((sum, group) => sum + group.count, 0) };
    return { ...selection.window, ...(await uncovered(selection, context)) };
  })();
}

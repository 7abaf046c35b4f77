import type { AnswerContext } from '../context.ts';
import type { Answer, Scope } from '../contract.ts';
import { select, uncovered } from '../scope.ts';

/** The fields that occur in a scope, the most common first. @throws at once if the question cannot be read */
export function fields(params: Scope, context: AnswerContext, signal: AbortSignal): Answer<'fields'> {
  const selection = select(params, context);
  return (async function* () {
    const names = await context.store.fieldNames(selection.query, signal);
    yield* names.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    return { ...selection.window, ...(await uncovered(selection, context)) };
  })();
}

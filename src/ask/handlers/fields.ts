import type { AnswerContext } from '../context.ts';
import type { Answer, Scope } from '../contract.ts';
import { select, uncovered } from '../scope.ts';

/** Names in an answer, at most: a sender can make up any number of them. */
const MAX_NAMES = 10_000;

/** The fields that occur in a scope, the most common first; `limited` if there are more. @throws at once if the question cannot be read */
export function fields(params: Scope, context: AnswerContext, signal: AbortSignal): Answer<'fields'> {
  const selection = select(params, context);
  return (async function* () {
    const names = await context.store.fieldNames(selection.query, signal, MAX_NAMES);
    const limited = names.length > MAX_NAMES;
    yield* names.slice(0, MAX_NAMES).toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    return { ...selection.window, ...(limited && { limited }), ...(await uncovered(selection, context)) };
  })();
}

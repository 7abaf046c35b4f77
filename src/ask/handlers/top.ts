import type { AnswerContext } from '../context.ts';
import type { Answer, Questions } from '../contract.ts';
import { groupField, select, uncovered } from '../scope.ts';
import { compareValues, groupsOf } from './groups.ts';

const LIMIT = 10;

/** The most common values of a field, or combinations of several. @throws at once if the question cannot be read */
export function top(params: Questions['top']['params'], context: AnswerContext, signal: AbortSignal): Answer<'top'> {
  const by = params.fields.map(groupField);
  const selection = select(params, context);
  return (async function* () {
    const { limit = LIMIT } = params;
    const groups = await groupsOf(selection, { by }, context, signal);
    groups.sort((a, b) => b.count - a.count || compareValues(a, b));
    yield* groups.slice(0, limit);
    const limited = groups.length > limit;
    return { ...selection.window, ...(limited && { limited }), ...(await uncovered(selection, context)) };
  })();
}

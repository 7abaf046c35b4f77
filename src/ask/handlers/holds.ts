import { CordwoodError } from '../../base/errors.ts';
import type { Hold } from '../../store/contract.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer, HoldRow, Questions } from '../contract.ts';
import { select } from '../scope.ts';

/** All holds, by name. */
export async function* holds(_params: Record<string, never>, context: AnswerContext): Answer<'holds'> {
  for (const hold of await context.holds.list()) yield rowOf(hold);
  return {};
}

/** Keeps the messages of a scope from now on. @throws at once if the scope cannot be read */
export function holdAdd(
  params: Questions['hold-add']['params'],
  context: AnswerContext,
  signal: AbortSignal,
): Answer<'hold-add'> {
  if (params.since === undefined) {
    const remedy = 'give its start (-S TIME), or keep everything (-S all)';
    throw new CordwoodError('ERR_USAGE', `cannot add a hold without a window: ${remedy}`);
  }
  const { query } = select(params, context);
  const { since, until } = query;
  return (async function* () {
    const hold: Hold = {
      name: params.name ?? (await freeName(context)),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      query: queryOf(params),
      filter: query.filter,
      why: params.why,
      addedAt: context.now(),
    };
    await context.holds.add(hold);
    const [group] = await context.store.aggregate(query, { by: [] }, signal);
    yield { ...rowOf(hold), messages: group?.count ?? 0 };
    return {};
  })();
}

export async function* holdRelease({ name }: { name: string }, context: AnswerContext): Answer<'hold-release'> {
  yield rowOf(await context.holds.release(name));
  return {};
}

/** All queries of the scope as one, for people. */
function queryOf({ query = '', filters = [] }: Questions['hold-add']['params']): string {
  const texts = [query, ...filters.map(({ text }) => text)].filter(Boolean);
  return texts.length > 1 ? texts.map((text) => `(${text})`).join(' ') : (texts[0] ?? '');
}

async function freeName({ holds: all }: AnswerContext): Promise<string> {
  const used = new Set((await all.list()).map(({ name }) => name));
  let number = 1;
  while (used.has(`hold-${number}`)) number++;
  return `hold-${number}`;
}

function rowOf({ name, since, until, query, why, addedAt }: Hold): HoldRow {
  return { name, ...(since !== undefined && { since }), ...(until !== undefined && { until }), query, why, addedAt };
}

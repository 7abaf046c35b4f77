import { answer } from '../../ask/index.ts';
import type { QuestionName, Questions } from '../../ask/contract.ts';
import { type Collected, collect } from '../answer/collect.ts';
import { Refused } from '../problem.ts';
import type { Asked } from '../world.ts';

/** All rows of the answer to a question. */
export async function askAll<Name extends QuestionName>(
  { context, signal }: Pick<Asked, 'context' | 'signal'>,
  name: Name,
  params: Questions[Name]['params'],
): Promise<Collected> {
  return await collect(answer<Name>(name, params, context, signal));
}

/** @throws Refused ERR_NOT_FOUND if no row has this value in this field */
export function mustHave(rows: readonly object[], field: string, value: string): void {
  if (rows.some((row) => (row as Record<string, unknown>)[field] === value)) return;
  throw new Refused('ERR_NOT_FOUND', `cannot find the ${field} ${JSON.stringify(value)}: no ${field} has this name`);
}

import { CordwoodError } from '../../base/errors.ts';
import { formatCount } from '../../base/text.ts';
import { textIn } from '../../model/grouping.ts';
import type { Group, Grouping } from '../../model/query.ts';
import type { AnswerContext } from '../context.ts';
import type { Selection } from '../scope.ts';

/** Groups in an answer, at most. */
export const MAX_GROUPS = 100_000;

/** Characters that the values of all groups may have. */
const MAX_TEXT = 16 << 20;

/**
 * The groups of a selection. @throws CordwoodError ERR_USAGE if there are more than `MAX_GROUPS`, or
 * if their values are too long
 */
export async function groupsOf(
  { query }: Selection,
  grouping: Grouping,
  { store }: AnswerContext,
  signal: AbortSignal,
): Promise<Group[]> {
  const groups = await store.aggregate(query, { ...grouping, atMost: MAX_GROUPS, atMostText: MAX_TEXT }, signal);
  if (groups.length > MAX_GROUPS) throw tooMany(grouping, `there are more than ${formatCount(MAX_GROUPS)} groups`);
  const text = groups.reduce((sum, { values }) => sum + textIn(values), 0);
  if (text > MAX_TEXT) throw tooMany(grouping, `their values have more than ${formatCount(MAX_TEXT)} characters`);
  return groups;
}

function tooMany({ by, every }: Grouping, why: string): CordwoodError {
  const what = [...by, ...(every === undefined ? [] : ['time'])].join(', ');
  const remedy = 'narrow the window or the query, or group by a field with fewer values';
  return new CordwoodError('ERR_USAGE', `cannot group by ${what}: ${why}; ${remedy}`);
}

/** Orders groups by their values, independently of the store: numbers, then texts, then absent values. */
export function compareValues(a: Group, b: Group): number {
  for (const [index, value] of a.values.entries()) {
    const other = b.values[index]!;
    if (value === other) continue;
    if (value === null || other === null) return value === null ? 1 : -1;
    if (typeof value === typeof other) return value < other ? -1 : 1;
    return typeof value === 'number' ? -1 : 1;
  }
  return 0;
}

import type { FieldType } from '../../../model/fields.ts';
import type { RangeFilter, TextFilter } from '../../../model/matches.ts';
import { fold } from '../../../model/tokens.ts';
import { type Condition, constant, exactly, loosely } from './condition.ts';
import { DECIMAL, serverRegex } from './regex.ts';

/** The latest time that a Date can hold, ms; the earliest is its negative. */
const LAST_DATE = 8.64e15;

/** What no number in decimal has in it, as `matches()` reads it: `1.5e-7`. */
const OUTSIDE_NUMBERS = /[^0-9e+.-]/;

/** A condition on an existing value of this type; numbers are compared as decimal text. */
export function textCondition(filter: TextFilter, type: FieldType): Condition {
  if (type === 'number') return numberText(filter);
  if (type !== 'text') return loosely({ $exists: true });
  const regex = serverRegex(filter);
  if (regex === 'none') return constant(false);
  const query = { $regex: regex.source, $options: regex.ignoreCase ? 'i' : '' };
  return regex.exact ? exactly(query) : loosely(query);
}

function numberText(filter: TextFilter): Condition {
  const sought = filter.kind === 'word' ? filter.token : 'text' in filter ? filter.text : '';
  if (OUTSIDE_NUMBERS.test(sought)) return constant(false);
  if (filter.kind !== 'equals') return loosely({ $type: 'number' });
  const number = Number(filter.value);
  return fold(String(number)) === filter.value ? exactly({ $eq: number }) : constant(false);
}

/** A range condition on a number, or on a text that may contain one. */
export function numberRange(filter: RangeFilter, type: 'number' | 'text'): Condition {
  if (type === 'text') return loosely({ $regex: DECIMAL });
  const { min, max, excludeMin, excludeMax } = filter;
  if (min === undefined && max === undefined) return exactly({ $type: 'number' });
  return exactly({
    ...(min !== undefined && { [excludeMin ? '$gt' : '$gte']: min }),
    ...(max !== undefined && { [excludeMax ? '$lt' : '$lte']: max }),
  });
}

/** The first and the last whole ms of a range; undefined if the range contains none. */
export function timeRange(filter: RangeFilter): { readonly first: number; readonly last: number } | undefined {
  const { min = -LAST_DATE, max = LAST_DATE, excludeMin = false, excludeMax = false } = filter;
  const first = Math.max(-LAST_DATE, excludeMin ? Math.floor(min) + 1 : Math.ceil(min));
  const last = Math.min(LAST_DATE, excludeMax ? Math.ceil(max) - 1 : Math.floor(max));
  return first <= last ? { first, last } : undefined;
}

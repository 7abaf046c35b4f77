import type { FieldType } from '../../../model/fields.ts';
import type { RangeFilter, TextFilter } from '../../../model/matches.ts';
import { fold } from '../../../model/tokens.ts';
import { type Condition, exactly, loosely } from './condition.ts';
import { spellings } from './names.ts';
import { DECIMAL, serverRegex } from './regex.ts';

/** The latest time that a Date can hold, ms; the earliest is its negative. */
const LAST_DATE = 8.64e15;

/** What a part of a number in decimal can be, and more: `404`, `-1.5`, `.5e-`, `+21`. */
const IN_NUMBERS = /^-?\d*\.?\d*e?[+-]?\d*$/;

/** Numbers that are no whole ones of 32 bits: what a text in them is cannot be told by comparing. */
const OTHER_NUMBERS = { $type: ['double', 'long', 'decimal'] };

/** Conditions on a value of this type, one of which must hold; numbers are compared as decimal text. */
export function textCondition(filter: TextFilter, type: FieldType): Condition[] {
  if (type === 'number') return numberText(filter);
  if (type !== 'text') return [loosely({ $exists: true })];
  const whole = filter.kind === 'equals' && filter.value.isWellFormed() ? spellings(filter.value) : undefined;
  if (whole) return [exactly({ $in: whole })];
  const regex = serverRegex(filter);
  if (regex === 'none') return [];
  const query = { $regex: regex.source, $options: regex.ignoreCase ? 'i' : '' };
  return [regex.exact ? exactly(query) : loosely(query)];
}

function numberText(filter: TextFilter): Condition[] {
  if (filter.kind === 'equals') {
    const number = Number(filter.value);
    return fold(String(number)) === filter.value ? [exactly({ $eq: number })] : [];
  }
  const sought = filter.kind === 'word' ? filter.token : 'text' in filter ? filter.text : '';
  if (!IN_NUMBERS.test(sought)) return [];
  if (filter.kind !== 'word' || !/^\d+$/.test(sought)) return [loosely({ $type: 'number' })];
  const number = Number(sought);
  const whole = String(number) === sought ? [exactly({ $in: [number, -number] })] : [];
  return [...whole, loosely(OTHER_NUMBERS)];
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

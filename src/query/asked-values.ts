import type { Filter } from '../model/filter.ts';
import { parseQuery } from './parse.ts';

/** The whole values of a field that a query asks for, in small letters; those behind a NOT are left out. */
export function askedValues(text: string, field: string): string[] {
  const walk = (filter: Filter): string[] => {
    if (filter.kind === 'and' || filter.kind === 'or') return filter.of.flatMap(walk);
    return filter.kind === 'equals' && filter.field === field ? [filter.value] : [];
  };
  return walk(parseQuery(text, { now: 0 }));
}

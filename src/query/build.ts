import type { Filter } from '../model/filter.ts';

/** Combines filters with AND: flattens nested ones, and omits filters that match everything. */
export function and(filters: readonly Filter[]): Filter {
  const of = filters.flatMap((each) => (each.kind === 'and' ? each.of : [each])).filter(({ kind }) => kind !== 'all');
  return of.length === 0 ? { kind: 'all' } : of.length === 1 ? of[0]! : { kind: 'and', of };
}

/** Combines filters with OR: flattens nested ones. */
export function or(filters: readonly Filter[]): Filter {
  const of = filters.flatMap((each) => (each.kind === 'or' ? each.of : [each]));
  return of.length === 1 ? of[0]! : { kind: 'or', of };
}

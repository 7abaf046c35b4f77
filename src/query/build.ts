import type { Filter } from '../model/filter.ts';

/** All of them; nested ones are made flat, and what says nothing is left out. */
export function and(filters: readonly Filter[]): Filter {
  const of = filters.flatMap((each) => (each.kind === 'and' ? each.of : [each])).filter(({ kind }) => kind !== 'all');
  return of.length === 0 ? { kind: 'all' } : of.length === 1 ? of[0]! : { kind: 'and', of };
}

/** Any of them; nested ones are made flat. */
export function or(filters: readonly Filter[]): Filter {
  const of = filters.flatMap((each) => (each.kind === 'or' ? each.of : [each]));
  return of.length === 1 ? of[0]! : { kind: 'or', of };
}

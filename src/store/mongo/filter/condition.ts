import type { Document } from 'mongodb';

/**
 * A MongoDB condition. `query` matches every message that the filter matches; if `exact`, it
 * matches no others. `none` is always exact.
 */
export type Condition = { readonly query: Document | 'all' | 'none'; readonly exact: boolean };

export function constant(holds: boolean): Condition {
  return { query: holds ? 'all' : 'none', exact: true };
}

/** Matches exactly what the filter matches. */
export function exactly(query: Document): Condition {
  return { query, exact: true };
}

/** Matches what the filter matches, and possibly more; everything by default. */
export function loosely(query: Document | 'all' = 'all'): Condition {
  return { query, exact: false };
}

export function negated({ query, exact }: Condition): Condition {
  if (!exact) return loosely();
  if (typeof query === 'string') return constant(query === 'none');
  return exactly({ $nor: [query] });
}

export function conjunction(parts: readonly Condition[]): Condition {
  if (parts.some(({ query }) => query === 'none')) return constant(false);
  return joined('$and', documentsOf(parts), parts, 'all');
}

export function disjunction(parts: readonly Condition[]): Condition {
  const all = parts.filter(({ query }) => query === 'all');
  if (all.length > 0) return all.some(({ exact }) => exact) ? constant(true) : loosely();
  return joined('$or', documentsOf(parts), parts, 'none');
}

/** The conditions that must all hold. */
export function conjunctsOf({ query }: Condition): readonly Document[] {
  if (typeof query === 'string') return [];
  const { $and } = query as { $and?: readonly Document[] };
  return $and && Object.keys(query).length === 1 ? $and.flatMap((each) => conjunctsOf(exactly(each))) : [query];
}

function joined(
  operator: '$and' | '$or',
  documents: readonly Document[],
  parts: readonly Condition[],
  empty: 'all' | 'none',
): Condition {
  const exact = parts.every((each) => each.exact);
  if (documents.length === 0) return empty === 'none' ? constant(false) : { query: empty, exact };
  return { query: documents.length === 1 ? documents[0]! : { [operator]: documents }, exact };
}

function documentsOf(parts: readonly Condition[]): Document[] {
  return parts.map(({ query }) => query).filter((query) => typeof query !== 'string');
}

import type { Collection, Document } from 'mongodb';
import type { Filter } from '../../../model/filter.ts';
import { type Condition, conjunctsOf } from '../filter/condition.ts';
import { MAX_NAMES } from '../filter/names.ts';
import { translate } from '../filter/translate.ts';
import { type IdRange, idRangeConditions } from '../id-range.ts';
import { INDEXED_SEVERITY, indexKey } from '../indexes.ts';
import { INDEXED_FIELDS, type IndexedField } from '../settings.ts';
import { lookUpNames } from './name-lookup.ts';

/** How one collection is queried. */
export type Plan = {
  readonly collection: Collection;
  readonly stream: string;
  readonly range: IdRange;
  /** Matches what the filter matches; if exact, nothing else. */
  readonly condition: Condition;
  /** The index to read in order; undefined for that of `_id`. */
  readonly index?: Readonly<Record<string, 1 | -1>>;
};

/** What to plan. */
export type PlanRequest = {
  readonly filter: Filter;
  readonly range: IdRange;
  /** A search that may soon have enough. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
};

/** Plans a query on a collection; undefined if nothing in it can match. */
export async function plan(
  collection: Collection,
  stream: string,
  { filter, range, limit, signal }: PlanRequest,
  { fields, maxTimeMS }: { readonly maxTimeMS: number; readonly fields?: readonly IndexedField[] },
): Promise<Plan | undefined> {
  const names = await lookUpNames(collection, filter, { maxTimeMS, limit, signal });
  const condition = translate(filter, { stream, names });
  if (condition.query === 'none') return undefined;
  const index = indexFor(condition, fields);
  return { collection, stream, range, condition, ...(index && { index }) };
}

/** All conditions of a plan in one document. */
export function matchOf({ condition, range }: Plan): Document {
  const all = [...idRangeConditions(range), ...conjunctsOf(condition)];
  return all.length > 1 ? { $and: all } : (all[0] ?? {});
}

/** Entries of each of these indexes are also ordered by `_id`, so that no query needs a sort. */
function indexFor(condition: Condition, fields: readonly IndexedField[] = INDEXED_FIELDS): Plan['index'] {
  const conjuncts = conjunctsOf(condition);
  const listed = (field: string): readonly unknown[] | undefined =>
    conjuncts.map((each) => (each[field] as Document | undefined)?.['$in'] as unknown[] | undefined).find(Boolean);
  const few = (values: readonly unknown[] | undefined): boolean => values !== undefined && values.length <= MAX_NAMES;
  const isUseful: Record<IndexedField, () => boolean> = {
    hostname: () => few(listed('hostname')),
    severity: () => (listed('severity') as readonly number[] | undefined)?.every(isIndexed) ?? false,
    appname: () => few(listed('appname')),
  };
  const field = INDEXED_FIELDS.find((each) => fields.includes(each) && isUseful[each]());
  return field && indexKey(field);
}

function isIndexed(severity: number): boolean {
  return severity <= INDEXED_SEVERITY;
}

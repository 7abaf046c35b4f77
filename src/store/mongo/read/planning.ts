import { escapeRegex } from '../../../base/text/escape-regex.ts';
import type { Collection, Document } from 'mongodb';
import type { Filter } from '../../../model/filter.ts';
import { globPieces } from '../../../model/glob.ts';
import { textTest, type TextFilter } from '../../../model/matches.ts';
import { conjunctsOf, type Condition } from '../filter/condition.ts';
import { isOnName, MAX_NAMES, type Names, spellings } from '../filter/names.ts';
import { translate } from '../filter/translate.ts';
import { type IdRange, idRangeConditions } from '../id-range.ts';

/** How one collection is queried. */
export type Plan = {
  readonly collection: Collection;
  readonly stream: string;
  readonly range: IdRange;
  /** Matches what the filter matches; if exact, nothing else. */
  readonly condition: Condition;
  /** The index to read in order; undefined for that of `_id`. */
  readonly index?: Document;
};

/** What to plan. */
export type PlanRequest = { readonly filter: Filter; readonly range: IdRange; readonly signal: AbortSignal };

/**
 * The most distinct names that are read to find those that match a condition, and the most that a
 * query lists.
 */
const MAX_DISTINCT = 10_000;
const MAX_LISTED = 500;
/** The index of severities has no documents above this one. */
const INDEXED_SEVERITY = 4;

/** Plans a query on a collection; undefined if nothing in it can match. */
export async function plan(
  collection: Collection,
  stream: string,
  { filter, range, signal }: PlanRequest,
  limits: { readonly maxTimeMS: number },
): Promise<Plan | undefined> {
  const names = await lookUp(collection, filter, { ...limits, signal });
  const condition = translate(filter, { stream, names });
  if (condition.query === 'none') return undefined;
  const index = indexFor(condition);
  return { collection, stream, range, condition, ...(index && { index }) };
}

/** All conditions of a plan in one document. */
export function matchOf({ condition, range }: Plan): Document {
  const all = [...idRangeConditions(range), ...conjunctsOf(condition)];
  return all.length > 1 ? { $and: all } : (all[0] ?? {});
}

/** Entries of each of these indexes are also ordered by `_id`, so that no query needs a sort. */
function indexFor(condition: Condition): Document | undefined {
  const conjuncts = conjunctsOf(condition);
  const listed = (field: string): readonly unknown[] | undefined =>
    conjuncts.map((each) => (each[field] as Document | undefined)?.['$in'] as unknown[] | undefined).find(Boolean);
  const few = (values: readonly unknown[] | undefined): boolean => values !== undefined && values.length <= MAX_NAMES;
  if (few(listed('hostname'))) return { hostname: 1, _id: -1 };
  const severities = listed('severity') as readonly number[] | undefined;
  if (severities?.every((code) => code <= INDEXED_SEVERITY)) return { severity: 1, _id: -1 };
  return few(listed('appname')) ? { appname: 1, _id: -1 } : undefined;
}

type LookUpLimits = { readonly maxTimeMS: number; readonly signal: AbortSignal };

/**
 * The stored names that match the filter's conditions on `hostname` and `appname`, if an index
 * finds them quickly.
 */
async function lookUp(collection: Collection, filter: Filter, limits: LookUpLimits): Promise<Names> {
  const names = new Map<Filter, readonly string[]>();
  for (const each of conditionsOnNames(filter)) {
    const found = await matchingNames(collection, each, limits);
    if (found) names.set(each, found);
  }
  return names;
}

/** Only conditions that must hold, since no others make an index useful. */
function conditionsOnNames(filter: Filter): TextFilter[] {
  if (filter.kind === 'and') return filter.of.flatMap(conditionsOnNames);
  if (!isOnName(filter) || filter.kind === 'exists' || filter.kind === 'range') return [];
  return filter.kind === 'equals' && spellings(filter.value) ? [] : [filter];
}

async function matchingNames(
  collection: Collection,
  filter: TextFilter,
  { maxTimeMS, signal }: LookUpLimits,
): Promise<readonly string[] | undefined> {
  const { field } = filter;
  const starts = startsOf(filter).map((start) => new RegExp(`^${escapeRegex(start)}`));
  const stages = [
    // With a regular expression that has no fixed start, mongod would not skip from name to name in
    // the index.
    ...(starts.length > 0 ? [{ $match: { [field]: { $in: starts } } }] : []),
    { $group: { _id: `$${field}` } },
    { $limit: MAX_DISTINCT + 1 },
  ];
  const groups = await collection.aggregate(stages, { hint: { [field]: 1, _id: -1 }, maxTimeMS, signal }).toArray();
  if (groups.length > MAX_DISTINCT) return undefined;
  const test = textTest(filter);
  const names = groups.map(({ _id }) => _id as unknown).filter((name) => typeof name === 'string' && test(name));
  return names.length <= MAX_LISTED ? (names as string[]) : undefined;
}

/** The possible beginnings of a matching name; empty if they are unknown. */
function startsOf(filter: TextFilter): readonly string[] {
  const beginning = filter.kind === 'equals' ? filter.value : filter.kind === 'glob' ? literalStart(filter.glob) : '';
  const characters = [...beginning];
  for (let length = characters.length; length > 0; length--) {
    const starts = spellings(characters.slice(0, length).join(''));
    if (starts) return starts;
  }
  return [];
}

function literalStart(glob: string): string {
  let start = '';
  for (const piece of globPieces(glob)) {
    if (piece.kind !== 'text') break;
    start += piece.text;
  }
  return start;
}

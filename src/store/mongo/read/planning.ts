import { escapeRegex } from '../../../base/escape-regex.ts';
import type { Collection, Document } from 'mongodb';
import type { Filter } from '../../../model/filter.ts';
import { globPieces } from '../../../model/glob.ts';
import { textTest, type TextFilter } from '../../../model/matches.ts';
import { conjunctsOf, type Condition } from '../filter/condition.ts';
import { isOnName, MAX_NAMES, type Names, spellings } from '../filter/names.ts';
import { translate } from '../filter/translate.ts';
import { type IdRange, idRangeConditions } from '../id-range.ts';

/** How one collection is asked. */
export type Plan = {
  readonly collection: Collection;
  readonly stream: string;
  readonly range: IdRange;
  /** What lets through all that is asked for; nothing else where it is exact. */
  readonly condition: Condition;
  /** The index in whose order messages come; undefined where it is that of `_id`. */
  readonly index?: Document;
};

export type Asked = { readonly filter: Filter; readonly range: IdRange; readonly signal: AbortSignal };

/** Distinct names that are looked through for those that a condition means; more than `MOST_LISTED` are not listed. */
const MOST_NAMES = 10_000;
const MOST_LISTED = 500;
/** Documents with a severity above are not in its index. */
const INDEXED_SEVERITY = 4;

/** How to ask a collection; undefined where it can hold nothing that is asked for. */
export async function plan(
  collection: Collection,
  stream: string,
  { filter, range, signal }: Asked,
  limits: { readonly maxTimeMS: number },
): Promise<Plan | undefined> {
  const names = await lookUp(collection, filter, { ...limits, signal });
  const condition = translate(filter, { stream, names });
  if (condition.query === 'none') return undefined;
  const index = indexFor(condition);
  return { collection, stream, range, condition, ...(index && { index }) };
}

/** All conditions of a plan as one document. */
export function matchOf({ condition, range }: Plan): Document {
  const all = [...idRangeConditions(range), ...conjunctsOf(condition)];
  return all.length > 1 ? { $and: all } : (all[0] ?? {});
}

/** Each entry of these indexes is in the order of `_id`, so that no index needs a sort. */
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

type Looking = { readonly maxTimeMS: number; readonly signal: AbortSignal };

/** The names that the filter's conditions on `hostname` and `appname` mean, where an index tells them soon. */
async function lookUp(collection: Collection, filter: Filter, looking: Looking): Promise<Names> {
  const names = new Map<Filter, readonly string[]>();
  for (const each of conditionsOnNames(filter)) {
    const found = await namesMeant(collection, each, looking);
    if (found) names.set(each, found);
  }
  return names;
}

/** Those that must hold: only they make an index useful. */
function conditionsOnNames(filter: Filter): TextFilter[] {
  if (filter.kind === 'and') return filter.of.flatMap(conditionsOnNames);
  if (!isOnName(filter) || filter.kind === 'exists' || filter.kind === 'range') return [];
  return filter.kind === 'equals' && spellings(filter.value) ? [] : [filter];
}

async function namesMeant(
  collection: Collection,
  filter: TextFilter,
  { maxTimeMS, signal }: Looking,
): Promise<readonly string[] | undefined> {
  const { field } = filter;
  const starts = startsOf(filter).map((start) => new RegExp(`^${escapeRegex(start)}`));
  const stages = [
    // An expression with an open end would not be answered by hopping from name to name in the index.
    ...(starts.length > 0 ? [{ $match: { [field]: { $in: starts } } }] : []),
    { $group: { _id: `$${field}` } },
    { $limit: MOST_NAMES + 1 },
  ];
  const groups = await collection.aggregate(stages, { hint: { [field]: 1, _id: -1 }, maxTimeMS, signal }).toArray();
  if (groups.length > MOST_NAMES) return undefined;
  const test = textTest(filter);
  const names = groups.map(({ _id }) => _id as unknown).filter((name) => typeof name === 'string' && test(name));
  return names.length <= MOST_LISTED ? (names as string[]) : undefined;
}

/** Ways in which every name that is meant begins; none where nothing is known of them. */
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

import type { Collection } from 'mongodb';
import { escapeRegex } from '../../../base/text/escape-regex.ts';
import { type Filter, foldFilter, LINE } from '../../../model/filter.ts';
import { globPieces } from '../../../model/glob.ts';
import { type TextFilter, textTest } from '../../../model/matches.ts';
import { codeOf, HINT_MISSING } from '../error-codes.ts';
import { INDEXED_NAMES, type IndexedName, isOnName, type Names, spellings } from '../filter/names.ts';

/**
 * The most distinct names that are read to find those that match a condition, and the most that a
 * query lists.
 */
const MAX_DISTINCT = 10_000;
const MAX_LISTED = 500;
/** The most distinct names that are read for conditions on whole lines, which can do without them. */
const MAX_ON_LINES = 1000;

type LookUpLimits = { readonly maxTimeMS: number; readonly limit?: number | undefined; readonly signal: AbortSignal };

/**
 * The stored names that match the filter's conditions on `hostname` and `appname`, if an index
 * finds them quickly.
 */
export async function lookUpNames(collection: Collection, filter: Filter, limits: LookUpLimits): Promise<Names> {
  const names = new Map<Filter, Partial<Record<IndexedName, readonly string[]>>>();
  for (const each of conditionsOnNames(filter)) {
    const found = await matchingNames(collection, each, limits);
    if (found) names.set(each, { [each.field]: found });
  }
  // Reading the names takes some ms, for which a common word is found a hundred times.
  const onLines = limits.limit === undefined ? conditionsOnLines(filter) : [];
  if (onLines.length === 0) return names;
  const [hostnames, appnames] = await Promise.all(
    INDEXED_NAMES.map((field) => distinct(collection, field, [], { ...limits, atMost: MAX_ON_LINES })),
  );
  for (const each of onLines) {
    const test = textTest(each);
    names.set(each, { ...listed('hostname', hostnames?.filter(test)), ...listed('appname', appnames?.filter(test)) });
  }
  return names;
}

function listed(
  field: IndexedName,
  names: readonly string[] | undefined,
): Partial<Record<IndexedName, readonly string[]>> {
  return names && names.length <= MAX_LISTED ? { [field]: names } : {};
}

/** The conditions on whole lines, wherever they are: a line's host and program are two of its texts. */
function conditionsOnLines(filter: Filter): TextFilter[] {
  return foldFilter<TextFilter[]>(filter, {
    all: () => [],
    and: (parts) => parts.flat(),
    or: (parts) => parts.flat(),
    not: (part) => part,
    term: (each) => (each.field === LINE && each.kind !== 'exists' && each.kind !== 'range' ? [each] : []),
  });
}

/** Only conditions that must hold, since no others make an index useful. */
function conditionsOnNames(filter: Filter): (TextFilter & { readonly field: IndexedName })[] {
  if (filter.kind === 'and') return filter.of.flatMap(conditionsOnNames);
  if (!isOnName(filter) || filter.kind === 'exists' || filter.kind === 'range') return [];
  return filter.kind === 'equals' && spellings(filter.value) ? [] : [filter];
}

async function matchingNames(
  collection: Collection,
  filter: TextFilter & { readonly field: IndexedName },
  limits: LookUpLimits,
): Promise<readonly string[] | undefined> {
  const all = await distinct(collection, filter.field, startsOf(filter), { ...limits, atMost: MAX_DISTINCT });
  const names = all?.filter(textTest(filter));
  return names && names.length <= MAX_LISTED ? names : undefined;
}

/** The stored names that begin with one of these texts; undefined if there are more than `atMost`. */
async function distinct(
  collection: Collection,
  field: IndexedName,
  starts: readonly string[],
  { atMost, maxTimeMS, signal }: LookUpLimits & { readonly atMost: number },
): Promise<readonly string[] | undefined> {
  const beginnings = starts.map((start) => new RegExp(`^${escapeRegex(start)}`));
  const stages = [
    // With a regular expression that has no fixed start, mongod would not skip from name to name in
    // the index.
    ...(beginnings.length > 0 ? [{ $match: { [field]: { $in: beginnings } } }] : []),
    { $group: { _id: `$${field}` } },
    { $limit: atMost + 1 },
  ];
  const options = { hint: { [field]: 1, _id: -1 }, maxTimeMS, signal };
  const groups = await collection.aggregate(stages, options).toArray().catch(noneWithoutIndex);
  if (groups === undefined || groups.length > atMost) return undefined;
  return groups.map(({ _id }) => _id as unknown).filter((name) => typeof name === 'string');
}

/** Someone has dropped the index, or it is not there yet: searches do without it. */
function noneWithoutIndex(error: unknown): undefined {
  if (codeOf(error) !== HINT_MISSING) throw error;
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

import type { Filter, TermFilter } from '../../../model/filter.ts';
import { fold } from '../../../model/tokens.ts';
import { caseVariants } from './case.ts';

/** The fields of names that are indexed. */
export const INDEXED_NAMES = ['hostname', 'appname'] as const;
export type IndexedName = (typeof INDEXED_NAMES)[number];

/** By condition on an indexed name or on the line: all stored values of these names that match it. */
export type Names = ReadonlyMap<Filter, Readonly<Partial<Record<IndexedName, readonly string[]>>>>;

/** The most spellings of a name that a query lists: each is one more lookup in the index. */
export const MAX_NAMES = 64;

/**
 * The values that match a condition on an indexed name; undefined if there are too many. An index
 * is case-sensitive, so each spelling of the name is a value of its own.
 *
 * @param asked the condition under which they were looked up
 */
export function namesOf(filter: Filter, names: Names | undefined, asked = filter): readonly string[] | undefined {
  if (!isOnName(filter)) return undefined;
  const listed = names?.get(asked)?.[filter.field];
  return listed ?? (filter.kind === 'equals' ? spellings(filter.value) : undefined);
}

/** Whether a filter is a condition on an indexed name. */
export function isOnName(filter: Filter): filter is TermFilter & { readonly field: IndexedName } {
  return 'field' in filter && INDEXED_NAMES.includes(filter.field as IndexedName);
}

/** All spellings of a folded name; undefined if there are more than `MAX_NAMES`. */
export function spellings(folded: string): readonly string[] | undefined {
  let written = [''];
  for (const character of folded) {
    const variants = variantsOf(character);
    if (written.length * variants.length > MAX_NAMES) return undefined;
    written = written.flatMap((start) => variants.map((variant) => start + variant));
  }
  return written;
}

/** Avoids building the table of all characters for names that are ASCII only. */
function variantsOf(character: string): readonly string[] {
  if (character === 'k' || character === 's' || character >= '\x80') return caseVariants(character);
  const upper = character.toUpperCase();
  return upper === character || fold(upper) !== character ? [character] : [character, upper];
}

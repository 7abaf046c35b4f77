import type { Filter } from '../../../model/filter.ts';
import { fold } from '../../../model/tokens.ts';
import { caseVariants } from './case.ts';

/** By condition on `hostname` or `appname`, which are indexed: all stored values that match it. */
export type Names = ReadonlyMap<Filter, readonly string[]>;

/** The most spellings of a name that a query lists: each is one more lookup in the index. */
export const MAX_NAMES = 64;

/**
 * The values that match a condition on an indexed name; undefined if there are too many. An index
 * is case-sensitive, so each spelling of the name is a value of its own.
 */
export function namesOf(filter: Filter, names: Names | undefined): readonly string[] | undefined {
  if (!isOnName(filter)) return undefined;
  const listed = names?.get(filter);
  return listed ?? (filter.kind === 'equals' ? spellings(filter.value) : undefined);
}

/** Whether a filter is a condition on an indexed name. */
export function isOnName(filter: Filter): filter is Extract<Filter, { readonly field: string }> {
  return 'field' in filter && (filter.field === 'hostname' || filter.field === 'appname');
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

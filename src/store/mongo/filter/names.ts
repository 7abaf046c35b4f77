import type { Filter } from '../../../model/filter.ts';
import { fold } from '../../../model/tokens.ts';
import { caseVariants } from './case.ts';

/** For a condition on `hostname` or `appname`, which are indexed: every value there is that fulfils it. */
export type Names = ReadonlyMap<Filter, readonly string[]>;

/** Ways to write a name that are asked for one by one: each is a place to look up in the index. */
export const MAX_NAMES = 64;

/**
 * The values that a condition on an indexed name stands for; undefined where they are too many to be told. An index
 * knows no case, so each way to write the name is a value of its own.
 */
export function namesOf(filter: Filter, names: Names | undefined): readonly string[] | undefined {
  if (!isOnName(filter)) return undefined;
  const listed = names?.get(filter);
  return listed ?? (filter.kind === 'equals' ? spellings(filter.value) : undefined);
}

/** Whether a condition is one on a name that is indexed. */
export function isOnName(filter: Filter): filter is Extract<Filter, { readonly field: string }> {
  return 'field' in filter && (filter.field === 'hostname' || filter.field === 'appname');
}

/** Every way to write a folded name; undefined for more than `MAX_NAMES`. */
export function spellings(folded: string): readonly string[] | undefined {
  let written = [''];
  for (const character of folded) {
    const variants = variantsOf(character);
    if (written.length * variants.length > MAX_NAMES) return undefined;
    written = written.flatMap((start) => variants.map((variant) => start + variant));
  }
  return written;
}

/** Without the table of all characters where a name is of ASCII only. */
function variantsOf(character: string): readonly string[] {
  if (character === 'k' || character === 's' || character >= '\x80') return caseVariants(character);
  const upper = character.toUpperCase();
  return upper === character || fold(upper) !== character ? [character] : [character, upper];
}

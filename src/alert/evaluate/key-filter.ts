import { escapeRegex } from '../../base/text/escape-regex.ts';
import { fieldType } from '../../model/fields.ts';
import type { Filter } from '../../model/filter.ts';
import type { Group } from '../../model/query.ts';
import { fold } from '../../model/tokens.ts';
import { and, or } from '../../query/index.ts';
import { type Key, OTHER } from '../rules/keys.ts';

type Value = Group['values'][number];

/** Characters of a value that are compared; of a longer one, only the beginning. */
const MAX_COMPARED = 200;

/** The messages of these keys; undefined if one of them counts what has no name of its own. */
export function filterOfKeys(
  by: readonly string[],
  keys: readonly Key[],
  { exact }: { readonly exact: boolean },
): Filter | undefined {
  if (by.length === 0 || keys.length === 0 || keys.includes(OTHER)) return undefined;
  return or(
    keys.map((key) => {
      const values = JSON.parse(key) as Group['values'];
      return and(by.map((field, place) => filterOfValue(field, values[place] ?? null, exact)));
    }),
  );
}

/** @param exact whether `Web1` and `web1` differ, as they do as keys */
function filterOfValue(field: string, value: Value, exact: boolean): Filter {
  if (value === null) return { kind: 'not', of: { kind: 'exists', field } };
  const isText = fieldType(field) === 'text';
  if (!isText && typeof value === 'number') return { kind: 'range', field, min: value, max: value };
  const text = String(value);
  if (text.length > MAX_COMPARED) return { kind: 'glob', field, glob: `${literal(fold(beginningOf(text)))}*` };
  const folded: Filter = { kind: 'equals', field, value: fold(text) };
  if (!exact || typeof value === 'number' || text.toLowerCase() === text.toUpperCase()) return folded;
  return and([folded, { kind: 'pattern', field, source: `(?s)^${escapeRegex(text)}$`, ignoreCase: false }]);
}

/** Without half of a surrogate pair at its end. */
function beginningOf(text: string): string {
  return text.slice(0, MAX_COMPARED).replace(/[\ud800-\udbff]$/, '');
}

function literal(text: string): string {
  return text.replace(/[*?\\]/g, '\\$&');
}

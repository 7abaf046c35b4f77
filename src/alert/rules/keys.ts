/** The values of a rule's `by` fields as one text: JSON of an array. */
export type Key = string;
/** The key that counts everything beyond `MAX_KEYS`. */
export const OTHER: Key = '["(other)"]';
/** The only key of a rule without `by`. */
export const WHOLE: Key = '[]';
/** Keys that are counted apart; the rest is counted together. */
export const MAX_KEYS = 10_000;

/** Characters of a value that tell keys apart; the rest of a longer one is not kept. */
export const MAX_VALUE = 1024;
/** Characters that all keys of a rule may have together; what does not fit counts under `OTHER`. */
export const MAX_KEY_TEXT = 2 << 20;

/** The values of a key for people; `(none)` for an absent field. */
export function shownKey(key: Key): string {
  if (key === OTHER) return 'other';
  return (JSON.parse(key) as (string | number | null)[]).map((value) => value ?? '(none)').join(' ');
}

import { LINE } from '../model/filter.ts';
import { InvalidTerm, type Bounds, type Term } from './terms.ts';

/* The pieces that queries consist of. */

export const SPACE = /\s*/y;
/** A backslash before a character that means nothing is a backslash. */
export const WORD_PIECE = /\\([\s()[\]{}"*?:\\/+\-!&|^~<>=])|([*?])|[^\s()"]/uy;
export const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y;
export const REGEXP = /\/((?:[^/\\]|\\[\s\S])*)\/(i?)(?=[\s)]|$)/y;
export const RANGE = /([[{])((?:"[^"]*"|[^\]}"])*)([\]}])/y;
export const COMPARISON = /[<>]=?/y;
/** A field and its colon: `sd."id"."name":`, or any text without white space, but not `12:30` or `fe80::1`. */
export const QUOTED_FIELD =
  /sd\.(?:"[^"\s]+"(?:\.(?:"[^"\s]+"|(?:[^\s"():\\]|\\[\s\S])+))?|(?:[^\s"():\\]|\\[\s\S])+"[^"\s]+"):/y;
/** A field and a comparison without a colon; whether the field is one is decided later. */
export const COMPARED_FIELD = /(sd\.[^\s()\\:<>=]+|[^\s"()\\:<>=]+)(?:(=)(?=[^\s()])|\s*([<>]=?)\s*(?=[^\s()<>=]))/y;
export const PAIR_VALUE = /[^\s()"]+/y;
export const PLAIN_FIELD = /(?!\d+:)(?:[^\s"():\\]|\\[\s\S])+:(?!:)/y;

/** A bare `*`. */
export function isAll(field: string, { glob }: Term, named: boolean): boolean {
  return !named && field === LINE && glob !== undefined && /^\*+$/.test(glob);
}

/** Inside quotes, a backslash escapes only quotes and itself. */
export function inQuotes(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}

export function unescaped(text: string): string {
  return text.replace(/"[^"]*"|\\([\s\S])/g, (piece, escaped) => escaped ?? piece);
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') ? text.slice(1, -1) : text;
}

/** The bounds in a match of `RANGE`. @throws InvalidTerm if it is not a range */
export function boundsOf(match: RegExpExecArray | undefined): Bounds {
  const sides = (match?.[2] ?? '').split(/\sTO\s/).map((side) => unquote(side.trim()));
  if (!match || sides.length !== 2) {
    throw new InvalidTerm('write a range as [low TO high], or as {low TO high} without its bounds; * means no bound');
  }
  const [low, high] = sides as [string, string];
  if (low === '' || high === '') throw new InvalidTerm('a bound of the range is missing; * means no bound');
  return { low, high, excludeLow: match[1] === '{', excludeHigh: match[3] === '}' };
}

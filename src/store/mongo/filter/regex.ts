import { escapeRegex } from '../../../base/text/escape-regex.ts';
import { analyse } from '../../../base/text/pattern-subset.ts';
import { globPieces } from '../../../model/glob.ts';
import type { TextFilter } from '../../../model/matches.ts';
import { isTokenAt } from '../../../model/tokens.ts';
import { caseVariants, tokenClass } from './case.ts';

/**
 * A regular expression for `$regex`, which runs on PCRE or PCRE2. It does not depend on the
 * server's tables of letters and case, since its Unicode version may be older than ours. If
 * `exact`, it matches what `matches()` matches; otherwise it may match more, but never less.
 */
export type ServerRegex = { readonly source: string; readonly ignoreCase: boolean; readonly exact: boolean };

/** A decimal number, as `matches()` reads one in a text. */
export const DECIMAL = '\\A-?[0-9]+(?:\\.[0-9]+)?\\z';

/** The condition as a regular expression; `none` if no stored text can match it. */
export function serverRegex(filter: TextFilter): ServerRegex | 'none' {
  switch (filter.kind) {
    case 'word':
      return phrase(filter.token, true, true);
    case 'substring':
      return phrase(filter.text, false, false);
    case 'phrase':
      return phrase(filter.text, filter.open !== 'start', filter.open !== 'end');
    case 'glob':
      return glob(filter.glob);
    case 'equals':
      return caseless(filter.value, (literal) => `\\A${literal}\\z`);
    case 'pattern':
      return pattern(filter.source, filter.ignoreCase);
  }
}

/** The same without its edges of tokens, which matches more: it is many times faster in an expression. */
export function withoutEdges(source: string): string {
  return source.includes('(?<!') || source.includes('(?!')
    ? source.replace(`(?<!${tokenClass()})`, '').replace(`(?!${tokenClass()})`, '')
    : source;
}

function phrase(text: string, wholeStart: boolean, wholeEnd: boolean): ServerRegex | 'none' {
  const before = wholeStart && isTokenAt(text, 0) ? `(?<!${tokenClass()})` : '';
  const after = wholeEnd && isTokenAt(text, text.length - 1) ? `(?!${tokenClass()})` : '';
  if (!before && !after) return caseless(text, (literal) => literal);
  // Compiling the token class with the flag `i` would cost the server several milliseconds.
  const regex = caseless(text, (literal) => `${before}(?i:${literal})${after}`);
  return regex === 'none' ? regex : { ...regex, ignoreCase: false };
}

/**
 * Atomic groups: each piece matches at its first position, because what follows a `*` then matches
 * if it can at all.
 */
function glob(source: string): ServerRegex | 'none' {
  const runs: string[][] = [[]];
  for (const piece of globPieces(source)) {
    if (piece.kind === 'run') runs.push([]);
    else if (piece.kind === 'any') runs.at(-1)!.push('(?s:.)');
    else if (!piece.text.isWellFormed()) return 'none';
    else runs.at(-1)!.push(caselessLiteral(piece.text));
  }
  const [first, ...rest] = runs.map((pieces) => pieces.join(''));
  const last = rest.pop();
  if (last === undefined) return { source: `\\A${first}\\z`, ignoreCase: true, exact: true };
  const middle = rest.filter((run) => run !== '').map((run) => `(?>(?s:.*?)${run})`);
  const end = last === '' ? '' : `(?s:.*)${last}\\z`;
  return { source: `\\A${first}${middle.join('')}${end}`, ignoreCase: true, exact: true };
}

/**
 * The subset that `analyse` understands is the same in PCRE except for assertions. All else is
 * decided by RE2, here.
 */
function pattern(source: string, ignoreCase: boolean): ServerRegex {
  const analysis = analyse(source, ignoreCase);
  if (analysis?.regexp) {
    return { source: fromRegExp(analysis.regexp.source), ignoreCase: analysis.ignoreCase, exact: true };
  }
  const literal = analysis?.literal.isWellFormed() ? analysis.literal : '';
  return { source: escapeRegex(literal), ignoreCase: analysis?.ignoreCase ?? false, exact: false };
}

/**
 * Converts a RegExp of the subset that `analyse` writes to PCRE, where `$` also matches before a
 * final line feed.
 */
function fromRegExp(source: string): string {
  return source.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[\^$\0]/g, (piece) => {
    if (piece === '^') return '\\A';
    if (piece === '$') return '\\z';
    if (piece === '\0') return '\\x00';
    if (piece === '\\b') return WORD_EDGE;
    return piece.startsWith('[') ? piece.replaceAll('\\d', '0-9') : piece;
  });
}

/** What RE2 calls a word character. */
const WORD = '[0-9A-Za-z_]';
const WORD_EDGE = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;

/** No stored text contains a lone surrogate: it was replaced by U+FFFD. */
function caseless(text: string, write: (literal: string) => string): ServerRegex | 'none' {
  if (!text.isWellFormed()) return 'none';
  return { source: write(caselessLiteral(text)), ignoreCase: true, exact: true };
}

/** Uses the flag `i` for ASCII, and lists all variants of any other character. */
function caselessLiteral(folded: string): string {
  let written = '';
  for (const character of folded) {
    if (character < '\x80') written += escapeRegex(character);
    else {
      const variants = caseVariants(character);
      written += `(?-i:${variants.length > 1 ? `[${variants.join('')}]` : character})`;
    }
  }
  return written;
}

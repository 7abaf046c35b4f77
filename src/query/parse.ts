import { CordwoodError } from '../base/errors.ts';
import { type Filter, LINE } from '../model/filter.ts';
import { PatternError } from '../model/pattern.ts';
import { and, or } from './build.ts';
import { QueryError } from './error.ts';
import { foreignFilter, foreignHints, foreignTerm } from './foreign.ts';
import { fieldOf, unknownField } from './names.ts';
import { type Keyword, keywordAt } from './keywords.ts';
import { comparable, isPairField, joinPairs, type Part, pairTerm } from './pairs.ts';
import {
  boundsOf,
  COMPARED_FIELD,
  COMPARISON,
  inQuotes,
  isAll,
  PAIR_VALUE,
  PLAIN_FIELD,
  QUOTED,
  QUOTED_FIELD,
  RANGE,
  REGEXP,
  SPACE,
  unescaped,
  WORD_PIECE,
} from './scan.ts';
import {
  type Comparison,
  comparisonFilter,
  type HintContext,
  patternFilter,
  rangeFilter,
  type Term,
  termFilter,
  InvalidTerm,
  wordTerm,
} from './terms.ts';

/** What the meaning of a query depends on besides its text. */
export type QueryContext = HintContext & {
  /** The field of terms without a field; `LINE` by default. */
  readonly field?: string;
};

/** Most characters, terms, and levels of brackets and NOTs. */
export const MAX_QUERY_LENGTH = 16_384;
const MAX_TERMS = 1000;
const MAX_DEPTH = 50;

/**
 * Reads a query in Lucene's syntax; the empty query matches everything.
 * @throws QueryError with the position of the error
 */
export function parseQuery(text: string, context: QueryContext): Filter {
  if (text.length > MAX_QUERY_LENGTH) {
    throw new QueryError(
      `it has ${text.length} characters; at most ${MAX_QUERY_LENGTH} are allowed`,
      text,
      MAX_QUERY_LENGTH,
    );
  }
  return new Parser(text.toWellFormed(), context).query();
}

class Parser {
  readonly #text: string;
  readonly #context: QueryContext;
  #at = 0;
  #terms = 0;
  /** The field of the pair that was read last, if nothing else was read since. */
  #pair: string | undefined;

  constructor(text: string, context: QueryContext) {
    this.#text = text;
    this.#context = context;
  }

  query(): Filter {
    this.#take(SPACE);
    if (this.#at === this.#text.length) return { kind: 'all' };
    const filter = this.#alternatives(this.#context.field ?? LINE, 0);
    for (const hint of this.#context.hint ? foreignHints(this.#text) : []) this.#context.hint?.(hint);
    if (this.#at < this.#text.length) this.#fail('this ")" has no "(": to search for it, write \\)');
    return filter;
  }

  #alternatives(field: string, depth: number): Filter {
    const all = [this.#conjunction(field, depth, false)];
    while (this.#takeKeyword('OR', true)) all.push(this.#conjunction(field, depth, true));
    return or(all);
  }

  /** Terms with or without AND between them, up to an OR, a `)` or the end. */
  #conjunction(field: string, depth: number, continued: boolean): Filter {
    const all: Part[] = [];
    for (;;) {
      const joined = this.#takeKeyword('AND', all.length > 0);
      if (joined && all.length === 0) this.#fail('AND needs a term on its left', this.#at - joined.length);
      this.#take(SPACE);
      if (this.#at === this.#text.length || this.#text[this.#at] === ')' || this.#seesKeyword('OR', all.length > 0)) {
        if (joined || all.length === 0) this.#fail(`a term is missing${joined ? ` after ${joined}` : ''}`);
        return and(joinPairs(all));
      }
      this.#pair = undefined;
      const filter = this.#unary(field, depth, continued || all.length > 0);
      all.push({ filter, pair: joined ? undefined : this.#pair });
    }
  }

  /** @param continued whether something stands before it, so that `not` may be an operator */
  #unary(field: string, depth: number, continued: boolean): Filter {
    this.#take(SPACE);
    if (depth > MAX_DEPTH) this.#fail(`it is nested more than ${MAX_DEPTH} levels deep`);
    const sign = /^[-!+](?=[^\s)])/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
    if (sign) this.#at++;
    if (sign === '+') return this.#unary(field, depth + 1, true);
    if (!sign && !this.#takeKeyword('NOT', continued)) return this.#primary(field, depth);
    this.#take(SPACE);
    if (this.#at === this.#text.length) this.#fail('a term is missing');
    const of = this.#unary(field, depth + 1, true);
    this.#pair = undefined;
    return { kind: 'not', of };
  }

  #primary(field: string, depth: number): Filter {
    if (++this.#terms > MAX_TERMS) this.#fail(`it has more than ${MAX_TERMS} terms`);
    const start = this.#at;
    if (this.#text[start] === '(') return this.#group(field, depth);
    if (this.#text[start] === ')') this.#fail('a term is missing');
    const compared = field === LINE ? (this.#foreign() ?? this.#compared()) : undefined;
    if (compared) return compared;
    const name = this.#take(QUOTED_FIELD) ?? this.#take(PLAIN_FIELD);
    if (name === undefined) return this.#value(field, field !== LINE);
    const typed = unescaped(name[0].slice(0, -1));
    if (typed === '_exists_') return this.#exists();
    if (typed === '*' && this.#take(/\*(?=[\s)]|$)/y)) return { kind: 'all' };
    const named =
      (typed.toLowerCase() === LINE ? LINE : fieldOf(typed)) ??
      this.#fail(`${unknownField(typed)} (to search for it as text, put it in quotes)`, start);
    if (/^(?:[\s)]|$)/.test(this.#text.slice(this.#at, this.#at + 1))) {
      const [, next] = /^\s+([^\s()"]+)/.exec(this.#text.slice(this.#at)) ?? [];
      const remedy = next === undefined ? '' : `write ${typed}:${next} without a blank; `;
      this.#fail(`"${typed}:" has no value: ${remedy}to search for text with a colon, put it in quotes`);
    }
    return this.#text[this.#at] === '(' ? this.#group(named, depth) : this.#value(named, true);
  }

  /** `field!=value` and the like; undefined, with nothing read, if the text is not one of them. */
  #foreign(): Filter | undefined {
    const found = foreignTerm(this.#text, this.#at);
    if (!found) return undefined;
    if (found.hint) this.#context.hint?.(found.hint);
    this.#at = found.end;
    return this.#locateErrors(found.valueAt, () => foreignFilter(found, this.#context));
  }

  /** `field=value` and `field<=value`; undefined, with nothing read, if the text is not one of them. */
  #compared(): Filter | undefined {
    const start = this.#at;
    const found = this.#take(COMPARED_FIELD);
    if (!found) return undefined;
    const [text, name, equals, comparison] = found as unknown as [string, string, string?, string?];
    const filter = equals ? this.#equal(name) : this.#comparison(name, comparison as Comparison);
    if (!filter) {
      this.#at = start;
      if (!equals && !text.includes(' ') && fieldOf(name))
        this.#context.hint?.(`${text}… was read as text; to compare, write ${name}:${comparison}VALUE`);
    }
    return filter;
  }

  #equal(name: string): Filter | undefined {
    const pair = isPairField(name);
    if (!pair) return undefined;
    const quoted = this.#take(QUOTED);
    const start = this.#at;
    const term = quoted
      ? { text: inQuotes(quoted[1]!), quoted: true }
      : pairTerm(pair, this.#take(PAIR_VALUE)?.[0] ?? '');
    if (pair.maybeText)
      this.#context.hint?.(`${name}= was read as the field; for the text, put it in quotes: "${name}=…"`);
    const filter = this.#locateErrors(start, () => termFilter(pair.field, term, this.#context));
    this.#pair = pair.field;
    return filter;
  }

  #comparison(name: string, comparison: Comparison): Filter | undefined {
    const field = comparable(name);
    if (field === undefined) return undefined;
    const term = this.#term();
    try {
      return term.text === '' ? undefined : comparisonFilter(field, comparison, term, this.#context);
    } catch (error) {
      if (error instanceof InvalidTerm || error instanceof CordwoodError) return undefined;
      throw error;
    }
  }

  #group(field: string, depth: number): Filter {
    const open = this.#at++;
    if (depth >= MAX_DEPTH) this.#fail(`it is nested more than ${MAX_DEPTH} levels deep`);
    const filter = this.#alternatives(field, depth + 1);
    if (this.#text[this.#at] !== ')') this.#fail('this "(" is not closed: to search for it, write \\(', open);
    this.#at++;
    return filter;
  }

  #exists(): Filter {
    const start = this.#at;
    const typed = this.#word().text;
    const field = fieldOf(typed) ?? this.#fail(typed === '' ? 'a field is missing' : unknownField(typed), start);
    return { kind: 'exists', field };
  }

  /** @param compared whether the query names the field: only then `<`, `>` and brackets are comparisons and ranges */
  #value(field: string, compared: boolean): Filter {
    const start = this.#at;
    return this.#locateErrors(start, () => {
      const regexp = this.#take(REGEXP);
      // Without a field, a regular expression looks in the text alone: anchors then mean its ends.
      if (regexp) return this.#pattern(compared || field !== LINE ? field : 'message', start + 1, regexp);
      const range = compared ? this.#range(field) : undefined;
      if (range) return range;
      const comparison = compared ? this.#take(COMPARISON)?.[0] : undefined;
      const term = this.#term();
      if (comparison === undefined && isAll(field, term, compared)) return { kind: 'all' };
      if (comparison === undefined) return termFilter(field, term, this.#context);
      if (term.text === '') throw new InvalidTerm(`a value is missing after "${comparison}"`);
      return comparisonFilter(field, comparison as Comparison, term, this.#context);
    });
  }

  #pattern(field: string, start: number, [, body, flag]: RegExpExecArray): Filter {
    const source = body!.replace(/\\([\s\S])/g, (pair, escaped) => (escaped === '/' ? '/' : pair));
    return this.#locateErrors(start, () => patternFilter(field, source, flag === 'i'));
  }

  #range(field: string): Filter | undefined {
    if (!/[[{]/.test(this.#text[this.#at] ?? '')) return undefined;
    return rangeFilter(field, boundsOf(this.#take(RANGE)), this.#context);
  }

  #term(): Term {
    if (this.#text[this.#at] !== '"') return this.#word();
    const quoted = this.#take(QUOTED);
    if (!quoted) this.#fail('this quote is not closed: add one at its end, or write \\" to search for it');
    return { text: inQuotes(quoted[1]!), quoted: true };
  }

  #word(): Term {
    const pieces: { text: string; wild: boolean }[] = [];
    for (let piece = this.#take(WORD_PIECE); piece; piece = this.#take(WORD_PIECE)) {
      pieces.push({ text: piece[1] ?? piece[0], wild: piece[2] !== undefined });
    }
    return wordTerm(pieces);
  }

  #take(regexp: RegExp): RegExpExecArray | undefined {
    regexp.lastIndex = this.#at;
    const match = regexp.exec(this.#text);
    if (!match) return undefined;
    this.#at += match[0].length;
    return match;
  }

  /** @param between whether a term or an operator stands before it: only then it may be in small letters */
  #seesKeyword(word: Keyword, between: boolean): string | undefined {
    return keywordAt(this.#text, this.#at, word, between);
  }

  #takeKeyword(word: Keyword, between: boolean): string | undefined {
    this.#take(SPACE);
    const seen = this.#seesKeyword(word, between);
    this.#at += seen?.length ?? 0;
    if (seen && /[a-z]/.test(seen))
      this.#context.hint?.(`"${seen}" was read as ${word}; to search for the word, write "${seen}" in quotes`);
    else if (!seen && word === 'NOT' && keywordAt(this.#text, this.#at, word, true))
      this.#context.hint?.('"not" at the beginning was read as a word; to exclude what follows, write NOT or -');
    return seen;
  }

  /** Calls `read`; an error it throws becomes a QueryError at this column. */
  #locateErrors<T>(column: number, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof QueryError) throw error;
      if (error instanceof PatternError)
        return this.#fail(`not a valid RE2 pattern: ${error.message}`, column + error.position, error);
      if (error instanceof InvalidTerm || error instanceof CordwoodError)
        return this.#fail(error.message, column, error);
      throw error;
    }
  }

  #fail(reason: string, column = this.#at, cause?: unknown): never {
    throw new QueryError(reason, this.#text, Math.min(column, this.#text.length), cause === undefined ? {} : { cause });
  }
}

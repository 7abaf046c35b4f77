import { escapeRegex } from '../base/text/escape-regex.ts';
import { LinearSearch } from '../base/text/linear-search.ts';
import { fieldType, type Value, valueReader, valueText } from './fields.ts';
import { type Filter, foldFilter, type TermFilter } from './filter.ts';
import { globMatcher } from './glob.ts';
import type { LogMessage } from './message.ts';
import { Pattern } from './pattern.ts';
import { fold, isTokenAt } from './tokens.ts';

export type Matcher = (message: LogMessage) => boolean;

/** Whether a message matches a filter. The answers of every store must agree. */
export function matches(filter: Filter, message: LogMessage): boolean {
  return compile(filter)(message);
}

/**
 * `matches` for many messages. @throws PatternError for a pattern that is not RE2 syntax A field
 * with several values matches if one of them does. Conditions on texts see numbers in decimal and
 * times as ISO 8601; for `facility` and `severity`, they see both the code and the name. A range
 * accepts a text that is a decimal number as a whole.
 */
export function compile(filter: Filter): Matcher {
  return foldFilter<Matcher>(filter, {
    all: () => () => true,
    and: (parts) => (message) => parts.every((matches) => matches(message)),
    or: (parts) => (message) => parts.some((matches) => matches(message)),
    not: (part) => (message) => !part(message),
    term: compileTerm,
  });
}

function compileTerm(filter: TermFilter): Matcher {
  const read = valueReader(filter.field);
  switch (filter.kind) {
    case 'exists':
      return (message) => read(message).length > 0;
    case 'range': {
      const within = rangeTest(filter);
      return (message) => read(message).some((value) => within(value));
    }
    case 'word':
    case 'substring':
    case 'phrase':
    case 'glob':
    case 'equals':
    case 'pattern':
      return onTexts(filter.field, textTest(filter));
  }
}

export type TextFilter = Extract<Filter, { kind: 'word' | 'substring' | 'phrase' | 'glob' | 'equals' | 'pattern' }>;
export type RangeFilter = Extract<Filter, { kind: 'range' }>;

/** The condition on a text as received, for stores that have the text of the field. */
export function textTest(filter: TextFilter): (text: string) => boolean {
  switch (filter.kind) {
    case 'word':
      return phraseTest(filter.token, true, true);
    case 'substring':
      return phraseTest(filter.text, false, false);
    case 'phrase':
      return phraseTest(filter.text, filter.open !== 'start', filter.open !== 'end');
    case 'glob': {
      const test = globMatcher(filter.glob);
      return (text) => test(fold(text));
    }
    case 'equals': {
      const { value } = filter;
      return (text) => fold(text) === value;
    }
    case 'pattern': {
      const pattern = new Pattern(filter.source, { ignoreCase: filter.ignoreCase });
      return (text) => pattern.test(text);
    }
  }
}

/** The condition of a range on a value. */
export function rangeTest(filter: RangeFilter): (value: Value) => boolean {
  const { min = -Infinity, max = Infinity, excludeMin = false, excludeMax = false } = filter;
  return (value) => {
    const number = typeof value === 'number' ? value : numberOf(value);
    if (Number.isNaN(number)) return false;
    return (excludeMin ? number > min : number >= min) && (excludeMax ? number < max : number <= max);
  };
}

function numberOf(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

function onTexts(field: string, test: (text: string) => boolean): Matcher {
  if (field === 'message') return (message) => test(message.message);
  const read = valueReader(field);
  const named = fieldType(field) === 'priority';
  return (message) => read(message).some((value) => test(valueText(field, value)) || (named && test(String(value))));
}

/** From this length on, RegExp may read a text as often as the needle is long. */
const LONG = 32;

/** Where a text occurs in another at or after an index, in any case; -1 if it does not. */
type Finder = (searched: string, from: number) => number;

/**
 * Makes a function that prepares a text for searching. The flags `iu` of RegExp fold as `fold` does,
 * without a folded copy of each text; a long needle is searched in a copy, which no text makes slow.
 */
function finderOf(text: string): { find: Finder; prepare: (searched: string) => string } {
  if (text.length >= LONG) {
    const search = new LinearSearch(text);
    return { prepare: fold, find: (searched, from) => search.indexOf(searched, from) };
  }
  const regexp = new RegExp(escapeRegex(text), 'giu');
  const find = (searched: string, from: number): number => {
    regexp.lastIndex = from;
    return regexp.exec(searched)?.index ?? -1;
  };
  return { prepare: (searched) => searched, find };
}

/** A search in any case. */
function phraseTest(text: string, wholeStart: boolean, wholeEnd: boolean): (text: string) => boolean {
  if (text === '') return () => true;
  const start = wholeStart && isTokenAt(text, 0);
  const end = wholeEnd && isTokenAt(text, text.length - 1);
  if (!start && !end && text.length < LONG) {
    const regexp = new RegExp(escapeRegex(text), 'iu');
    return (searched) => regexp.test(searched);
  }
  const { find, prepare } = finderOf(text);
  return (unprepared) => {
    const searched = prepare(unprepared);
    for (let at = find(searched, 0); at >= 0; ) {
      const after = at + text.length;
      const cutsStart = start && isTokenAt(searched, at - 1);
      if (!cutsStart && !(end && isTokenAt(searched, after))) return true;
      // No occurrence begins in the rest of a token that this one cuts, or ends before its end.
      const next = cutsStart ? tokenEnd(searched, at) : tokenEnd(searched, after) - text.length;
      at = find(searched, Math.max(next, at + widthAt(searched, at)));
    }
    return false;
  };
}

/** The end of the run of token characters at an index. */
function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isTokenAt(text, at)) at += widthAt(text, at);
  return at;
}

function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

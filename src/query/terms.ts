import { formatCount } from '../base/text.ts';
import { didYouMean } from '../base/text/nearest.ts';
import { escapeRegex } from '../base/text/escape-regex.ts';
import { fieldType, parseFieldName } from '../model/fields.ts';
import { type Filter, LINE } from '../model/filter.ts';
import { escapeGlob } from '../model/glob.ts';
import { Pattern } from '../model/pattern.ts';
import { FACILITIES, facilityCode, SEVERITIES, severityCode } from '../model/priority.ts';
import { FLAGS } from '../model/message.ts';
import { fold } from '../model/tokens.ts';
import { parseSpan, type Span, type TimeContext } from './time.ts';
import { isToken, TOKEN_END, TOKEN_START } from './write.ts';

/** A typed value with its escapes resolved. */
export type Term = {
  readonly text: string;
  readonly quoted: boolean;
  /** The value as a glob, in which escaped characters stay escaped; absent if it has no wildcard. */
  readonly glob?: string;
};

/** `hint` is called if the text may have been meant otherwise. */
export type HintContext = TimeContext & { readonly hint?: (hint: string) => void };

export type Comparison = '<' | '<=' | '>' | '>=';

/** Most characters of a text to search for: the longer it is, the longer its search may take. */
const MAX_TEXT = 1000;

/** An invalid term; the parser adds its position. */
export class InvalidTerm extends Error {}

/** The filter for `field:term`. @throws InvalidTerm, CordwoodError (a time) */
export function termFilter(field: string, term: Term, context: HintContext): Filter {
  const { length } = term.glob ?? term.text;
  if (length > MAX_TEXT) {
    const most = formatCount(MAX_TEXT);
    throw new InvalidTerm(
      `this text has ${formatCount(length)} characters, and at most ${most} are allowed: search for a part of it`,
    );
  }
  if (term.glob !== undefined && /^\*+$/.test(term.glob))
    return field === LINE ? { kind: 'all' } : { kind: 'exists', field };
  if (field === LINE || field === 'message') return searchFilter(field, term);
  if (field === 'level' && !term.quoted && term.glob === undefined) return termFilter('severity', term, context);
  const type = fieldType(field);
  if (type === 'time') return spanFilter(field, spanOf(field, term, context));
  if (term.glob !== undefined) return globFilter(field, fold(term.glob));
  if (field === 'flags' && !(FLAGS as readonly string[]).includes(fold(term.text)))
    context.hint?.(
      `no flag is called "${term.text}"${didYouMean(term.text, FLAGS) || `; flags are ${FLAGS.join(' ')}`}`,
    );
  if (type === 'text') return wholeFilter(field, term);
  const code = type === 'priority' ? codeOf(field, term.text) : numberOf(field, term.text);
  return { kind: 'range', field, min: code, max: code };
}

/** The filter for `field:<term`. Severities are compared by code, so `<=err` means err and worse. */
export function comparisonFilter(typed: string, comparison: Comparison, term: Term, context: TimeContext): Filter {
  const field = ordered(typed);
  const { from, to, exact } = boundOf(field, term, context);
  switch (comparison) {
    case '>=':
      return { kind: 'range', field, min: from };
    case '>':
      return exact ? { kind: 'range', field, min: from, excludeMin: true } : { kind: 'range', field, min: to };
    case '<=':
      return exact ? { kind: 'range', field, max: to } : { kind: 'range', field, max: to, excludeMax: true };
    case '<':
      return { kind: 'range', field, max: from, excludeMax: true };
  }
}

export type Bounds = {
  readonly low: string;
  readonly high: string;
  readonly excludeLow: boolean;
  readonly excludeHigh: boolean;
};

/** The filter for `field:[low TO high]`; `*` means no bound. A day or a minute is included or excluded as a whole. */
export function rangeFilter(typed: string, bounds: Bounds, context: HintContext): Filter {
  const field = ordered(typed);
  const low = bounds.low === '*' ? undefined : boundOf(field, { text: bounds.low, quoted: false }, context);
  const high = bounds.high === '*' ? undefined : boundOf(field, { text: bounds.high, quoted: false }, context);
  const skipLow = low && bounds.excludeLow;
  const endHigh = high && !bounds.excludeHigh;
  if (low && high && low.from > high.from) context.hint?.(nothingHint(field, bounds));
  return {
    kind: 'range',
    field,
    ...(low && { min: skipLow ? low.to : low.from }),
    ...(high && { max: endHigh ? high.to : high.from }),
    ...(skipLow && low.exact && { excludeMin: true }),
    ...(high && (bounds.excludeHigh || !high.exact) && { excludeMax: true }),
  };
}

function nothingHint(field: string, { low, high }: Bounds): string {
  const why = field === 'severity' ? ', since emerg is 0 and debug is 7' : '';
  return `${low} is above ${high}${why}: this range has nothing in it; write ${field}:[${high} TO ${low}]`;
}

/** `level` is the name of the severity, so it is compared as `severity`. */
function ordered(field: string): string {
  return field === 'level' ? 'severity' : field;
}

/** The filter for `field:/source/`. @throws PatternError */
export function patternFilter(field: string, source: string, ignoreCase: boolean): Filter {
  new Pattern(source, { ignoreCase });
  return { kind: 'pattern', field, source, ignoreCase };
}

/** A term that looks within texts. */
function searchFilter(field: string, { text, quoted, glob }: Term): Filter {
  const folded = fold(text);
  if (quoted && folded === '') return { kind: 'equals', field: 'message', value: '' };
  if (quoted) return { kind: 'substring', field, text: folded };
  if (glob !== undefined) return partFilter(field, fold(glob));
  return isToken(folded) ? { kind: 'word', field, token: folded } : { kind: 'phrase', field, text: folded };
}

/** `*part*`, `start*`, `*end`, and wildcards within a word, which match anything but white space. */
function partFilter(field: string, glob: string): Filter {
  const pieces = glob.match(/\\[\s\S]|[\s\S]/gu) ?? [];
  const from = pieces.findIndex((piece) => piece !== '*');
  const to = pieces.findLastIndex((piece) => piece !== '*') + 1;
  const inner = pieces.slice(from, to);
  const [openStart, openEnd] = [from > 0, to < pieces.length];
  const text = inner.map((piece) => piece.replace(/^\\(?=[\s\S])/, '')).join('');
  if (!inner.some((piece) => piece === '*' || piece === '?')) {
    if (openStart && openEnd) return { kind: 'substring', field, text };
    return { kind: 'phrase', field, text, open: openStart ? 'start' : 'end' };
  }
  const body = inner.map((piece) => (piece === '*' ? '\\S*' : piece === '?' ? '\\S' : escapePiece(piece))).join('');
  const source = `${openStart ? '' : TOKEN_START}${body}${openEnd ? '' : TOKEN_END}`;
  return patternFilter(field, source, true);
}

function escapePiece(piece: string): string {
  const character = piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece;
  return escapeRegex(character);
}

function globFilter(field: string, glob: string): Filter {
  const part = /^\*((?:[^*?\\]|\\[\s\S])+)\*$/.exec(glob)?.[1];
  if (part === undefined || fieldType(field) !== 'text') return { kind: 'glob', field, glob };
  return { kind: 'substring', field, text: part.replace(/\\([\s\S])/g, '$1') };
}

function wholeFilter(field: string, { text, quoted }: Term): Filter {
  if (field === 'source.ip' && !quoted && /^[\d.:a-f]+\/\d+$/i.test(text)) {
    throw new InvalidTerm(`${text} is a network, and source.ip matches addresses only: write source.ip:10.0.*`);
  }
  return { kind: 'equals', field, value: fold(text) };
}

function spanFilter(field: string, { from, to, exact }: Span): Filter {
  return exact
    ? { kind: 'range', field, min: from, max: to }
    : { kind: 'range', field, min: from, max: to, excludeMax: true };
}

/** The value of a bound; unless it is a time, it covers only itself. */
function boundOf(field: string, term: Term, context: TimeContext): Span {
  const type = fieldType(field);
  if (type === 'time') return spanOf(field, term, context);
  if (
    field === LINE ||
    field === 'message' ||
    (type === 'text' && parseFieldName(field)?.kind === 'known' && field !== 'procid')
  ) {
    throw new InvalidTerm(`${field} cannot be compared: only numbers, severities and times can`);
  }
  const named = type === 'priority' && !/^-?[\d.]+$/.test(term.text);
  const number = named ? codeOf(field, term.text) : numberOf(field, term.text);
  return { from: number, to: number, exact: true };
}

function spanOf(field: string, term: Term, context: TimeContext): Span {
  if (term.glob !== undefined) {
    throw new InvalidTerm(
      `${field} is a time and has no wildcards: write ${field}:2026-11-22 or ${field}:[-2h TO now]`,
    );
  }
  return parseSpan(term.text, context);
}

function numberOf(field: string, text: string): number {
  const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new InvalidTerm(`${field} is a number, and "${text}" is not`);
}

function codeOf(field: string, text: string): number {
  const [read, names] = field === 'severity' ? [severityCode, SEVERITIES] : [facilityCode, FACILITIES];
  const code = read(text);
  if (code !== undefined) return code;
  const [, low, high] = /^(\w+)(?:\.\.+|-)(\w+)$/.exec(text) ?? [];
  const [from, to] = [read(low ?? ''), read(high ?? '')];
  if (from !== undefined && to !== undefined)
    throw new InvalidTerm(`a range is written ${field}:[${names[Math.min(from, to)]} TO ${names[Math.max(from, to)]}]`);
  const remedy = `use ${names.join(' ')}, or 0 to ${names.length - 1}`;
  if (/^[^,]+(,[^,]+)+$/.test(text)) {
    const several = `${field}:(${text.split(',').join(' OR ')})`;
    throw new InvalidTerm(`unknown ${field} "${text}"; for several write ${several}`);
  }
  throw new InvalidTerm(`unknown ${field} "${text}"${didYouMean(text, names) || `; ${remedy}`}`);
}

/** The term for an unquoted word. If it has a wildcard, its other characters are escaped in the glob. */
export function wordTerm(pieces: readonly { readonly text: string; readonly wild: boolean }[]): Term {
  const text = pieces.map((piece) => piece.text).join('');
  if (!pieces.some(({ wild }) => wild)) return { text, quoted: false };
  const glob = pieces.map((piece) => (piece.wild ? piece.text : escapeGlob(piece.text))).join('');
  return { text, quoted: false, glob };
}

import { escapeRegex } from '../base/text/escape-regex.ts';
import { type FieldType, fieldType } from '../model/fields.ts';
import { type Filter, LINE } from '../model/filter.ts';
import { FACILITIES, SEVERITIES } from '../model/priority.ts';
import { isTokenAt, tokensOf } from '../model/tokens.ts';

type Kind<K extends Filter['kind']> = Extract<Filter, { kind: K }>;

/** RE2 syntax for the start and the end of a token: one character outside of tokens, or the start or end of the text. */
export const TOKEN_START = '(?:^|[^\\pL\\pM\\p{Nd}_])';
export const TOKEN_END = '(?:$|[^\\pL\\pM\\p{Nd}_])';

const KEYWORD = /^(?:and|or|not)$/i;

/** Quotes a value if necessary, so that after `field:` it means exactly this text. */
export function quote(value: string): string {
  return isPlainValue(value) ? value : quoted(value);
}

/** Whether a value needs no quotes: no syntax, and no operator in any case. */
export function isPlainValue(value: string): boolean {
  return /^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_.@-]*$/u.test(value) && !KEYWORD.test(value);
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Escapes a glob, so that after `field:` only its `*` and `?` are wildcards. */
export function quoteGlob(glob: string): string {
  return glob === '' ? '""' : glob.replace(/^[-+!/[{<>&|]|[\s()":\\]/g, '\\$&');
}

/** Escapes a field name for use before the colon. */
export function quoteField(field: string): string {
  if (/^sd\.("|[^":()\\\s]*"?\.")/.test(field)) return field;
  return field.replace(/^[-+!/[{]|[\s"():\\<>=]/g, '\\$&');
}

/**
 * Writes a filter as a query. Parsing the query returns the same filter or, if the parser makes no such filters, one that
 * matches the same messages.
 */
export function format(filter: Filter): string {
  switch (filter.kind) {
    case 'all':
      return '*';
    case 'and':
      return filter.of.length === 0 ? '*' : filter.of.map(grouped).join(' ');
    case 'or':
      return filter.of.length === 0 ? 'NOT *' : filter.of.map(grouped).join(' OR ');
    case 'not':
      return `NOT ${grouped(filter.of)}`;
    case 'exists':
      return `${quoteField(filter.field)}:*`;
    case 'range':
      return writeRange(filter);
    case 'pattern':
      return scoped(filter.field, writePattern(filter.source, filter.ignoreCase));
    case 'word':
    case 'phrase':
    case 'substring':
      return filter.field === 'message' || filter.field === LINE ? writeText(filter) : writeOnField(filter);
    case 'equals':
    case 'glob':
      return writeWhole(filter);
  }
}

function grouped(filter: Filter): string {
  const text = format(filter);
  return (filter.kind === 'and' || filter.kind === 'or') && filter.of.length > 0 ? `(${text})` : text;
}

function scoped(field: string, value: string): string {
  return field === 'message' ? value : `${quoteField(field)}:${value}`;
}

function writeText(filter: Kind<'word' | 'phrase' | 'substring'>): string {
  const named = filter.field === 'message' ? 'message:' : '';
  if (filter.kind === 'word')
    return (KEYWORD.test(filter.token) && named === '' ? `${LINE}:` : named) + escapeText(filter.token);
  if (filter.text === '') return 'message:*';
  if (filter.kind === 'substring') return named + quoted(filter.text);
  const text = escapeText(filter.text);
  const open = filter.open !== undefined;
  const before = !open && KEYWORD.test(text) && named === '' ? `${LINE}:` : named;
  return `${before}${filter.open === 'start' ? '*' : ''}${text}${filter.open === 'end' ? '*' : ''}`;
}

/** In fields other than `message`, queries cannot search for tokens: such filters become patterns. */
function writeOnField(filter: Kind<'word' | 'phrase' | 'substring'>): string {
  const text = filter.kind === 'word' ? filter.token : filter.text;
  if (text === '') return `${quoteField(filter.field)}:*`;
  if (filter.kind === 'substring' && fieldType(filter.field) === 'text')
    return scoped(filter.field, `*${escapeText(text)}*`);
  const open = filter.kind === 'substring' ? 'both' : filter.kind === 'phrase' ? filter.open : undefined;
  return scoped(filter.field, writePattern(phrasePattern(text, open), true));
}

/** RE2 syntax for a phrase, for matching without case. */
function phrasePattern(text: string, open: 'start' | 'end' | 'both' | undefined): string {
  const start = open !== 'start' && open !== 'both' && isTokenAt(text, 0) ? TOKEN_START : '';
  const end = open !== 'end' && open !== 'both' && isTokenAt(text, text.length - 1) ? TOKEN_END : '';
  return start + escapeRegex(text) + end;
}

function writeWhole(filter: Kind<'equals' | 'glob'>): string {
  const { field } = filter;
  const value = filter.kind === 'equals' ? filter.value : filter.glob;
  if (field === 'message' && filter.kind === 'equals' && value === '') return 'message:""';
  if (filter.kind === 'equals' && field === 'level') return `level:${quoted(value)}`;
  const type = field === 'message' || field === LINE ? 'time' : fieldType(field);
  if (filter.kind === 'equals' && type === 'text') return scoped(field, quote(value));
  const pieces = value.match(filter.kind === 'equals' ? /[\s\S]/gu : /\\?[\s\S]/gu) ?? [];
  const wild = filter.kind === 'glob' && pieces.some((piece) => piece === '*' || piece === '?');
  if (wild && type !== 'time') return scoped(field, pieces.map(writeGlobPiece).join(''));
  const source = pieces.map((piece) => {
    if (filter.kind === 'glob' && piece === '*') return '.*';
    if (filter.kind === 'glob' && piece === '?') return '.';
    return escapeRegex(piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece);
  });
  return `${quoteField(field)}:${writePattern(`(?s)^${source.join('')}$`, true)}`;
}

function writeGlobPiece(piece: string): string {
  if (piece === '*' || piece === '?') return piece;
  return escapeText(piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece);
}

function writeRange({ field, min, max, excludeMin, excludeMax }: Kind<'range'>): string {
  const type = fieldType(field);
  const write = (bound: number): string => writeBound(field, type, bound);
  const name = quoteField(field);
  if (min !== undefined && min === max && !excludeMin && !excludeMax && isPlain(field, type, min))
    return `${name}:${write(min)}`;
  if (min !== undefined && max === undefined) return `${name}:>${excludeMin ? '' : '='}${write(min)}`;
  if (min === undefined && max !== undefined) return `${name}:<${excludeMax ? '' : '='}${write(max)}`;
  const [low, high] = [min === undefined ? '*' : write(min), max === undefined ? '*' : write(max)];
  return `${name}:${excludeMin ? '{' : '['}${low} TO ${high}${excludeMax ? '}' : ']'}`;
}

/** Whether `field:bound` means exactly this number. */
function isPlain(field: string, type: FieldType, bound: number): boolean {
  return type === 'number' || (type === 'priority' && writeBound(field, type, bound) !== String(bound));
}

function writeBound(field: string, type: FieldType, bound: number): string {
  if (field === 'severity') return SEVERITIES[bound] ?? String(bound);
  if (field === 'facility') return FACILITIES[bound] ?? String(bound);
  if (type !== 'time') return String(bound);
  const plain = Number.isInteger(bound) && bound >= 0 && bound < 253_402_300_800_000;
  return plain ? new Date(bound).toISOString() : `@${(bound / 1000).toFixed(3)}`;
}

function writePattern(source: string, ignoreCase: boolean): string {
  const escaped = source.replace(/\\[\s\S]|\//g, (piece) => (piece === '/' ? '\\/' : piece));
  return `/${escaped}/${ignoreCase ? 'i' : ''}`;
}

/** Escapes text for use as an unquoted word: special characters, and any symbol at the beginning. */
function escapeText(text: string): string {
  return text.replace(/^[-+!/[{&|]|[\s()":\\*?<>=~]/g, '\\$&');
}

/** Whether a folded text is exactly one token. */
export function isToken(text: string): boolean {
  const tokens = tokensOf(text);
  return tokens.length === 1 && tokens[0] === text;
}

/**
 * Changes a query as a person would: the text of the query is the only truth, so a click on a value or a level rewrites
 * it visibly. The grammar is that of `docs/query-language.md`; here only the ends of terms matter.
 */

export const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];

const LEVEL_TERM = /^(?:severity|priority|sev|level)(?::|<=|=)/i;
const PLAIN_VALUE = /^[\p{L}\p{N}_][\p{L}\p{N}_.@/-]*$/u;
const PLAIN_FIELD = /^[\p{L}\p{N}_@]+(?:\.[\p{L}\p{N}_-]+)*$/u;
const OPERATORS = new Set(['and', 'or', 'not', 'to']);

/** The terms of the top level; an operator is one, and so is what stands in parentheses. */
export function termsOf(query: string): string[] {
  const terms: string[] = [];
  let start = -1;
  let depth = 0;
  for (let at = 0; at <= query.length; at++) {
    const character = query[at];
    const ends = character === undefined || (depth === 0 && /\s/.test(character));
    if (ends && start >= 0) {
      terms.push(query.slice(start, at));
      start = -1;
    }
    if (character === undefined || /\s/.test(character)) continue;
    if (start < 0) start = at;
    if (character === '\\') at++;
    else if (character === '"') at = endOf(query, at, '"');
    else if (character === '/' && (at === start || query[at - 1] === ':')) at = endOf(query, at, '/');
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1);
  }
  return terms;
}

/** Where a quoted text or a pattern ends; the end of the query if it is never closed. */
function endOf(query: string, start: number, quote: string): number {
  for (let at = start + 1; at < query.length; at++) {
    if (query[at] === '\\') at++;
    else if (query[at] === quote) return at;
  }
  return quote === '/' ? start : query.length - 1;
}

/** A field with exactly this value, quoted if it must be. */
export function termFor(field: string, value: string | number | boolean): string {
  const text = String(value);
  const isPlain = PLAIN_VALUE.test(text) && !OPERATORS.has(text.toLowerCase());
  return `${quotedField(field)}:${isPlain ? text : quoted(text)}`;
}

function quotedField(field: string): string {
  if (PLAIN_FIELD.test(field)) return field;
  const [head, ...rest] = field.split('.');
  return rest.length === 0 ? quoted(field) : `${head}.${quoted(rest.join('.'))}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The query with one more condition. The opposite condition, if it has it, goes. */
export function withTerm(query: string, term: string, wanted: 'for' | 'out'): string {
  const opposite = new Set(wanted === 'for' ? [`-${term}`, `!${term}`] : [term]);
  const terms = termsOf(query);
  const added = wanted === 'for' ? term : `-${term}`;
  const kept = terms.filter(
    (each, at) => !opposite.has(each) && !(wanted === 'for' && each === 'NOT' && terms[at + 1] === term),
  );
  if (kept.includes(added)) return kept.length === terms.length ? query : kept.join(' ');
  return [grouped(kept), added].filter(Boolean).join(' ');
}

/** Terms as one: what has an OR at its top level needs parentheses beside a further term. */
function grouped(terms: readonly string[]): string {
  const text = terms.filter((term) => term !== '*').join(' ');
  return terms.some((term) => /^(?:or|\|\|)$/i.test(term)) ? `(${text})` : text;
}

/** The levels that the query is limited to at its top level; all if it is not. */
export function levelsOf(query: string): ReadonlySet<Level> {
  const term = termsOf(query).find((each) => LEVEL_TERM.test(each));
  if (term === undefined) return new Set(LEVELS);
  const value = term.replace(/^[^:=<]+:?/, '').replaceAll('"', '');
  const upTo = /^<(=?)=?(\w+)$/.exec(value);
  if (upTo) return new Set(LEVELS.slice(0, numberOf(upTo[2]!) + (upTo[1] ? 1 : 0)));
  const names = value.split(/[\s()=]+|OR/).filter(Boolean);
  return new Set(names.map((name) => LEVELS[numberOf(name)]).filter((level) => level !== undefined));
}

function numberOf(name: string): number {
  if (/^[0-7]$/.test(name)) return Number(name);
  return LEVELS.findIndex((level) => level === name.toLowerCase() || level.slice(0, 4) === name.toLowerCase());
}

/** The query limited to these levels and no others. */
export function withLevels(query: string, levels: ReadonlySet<Level>): string {
  const rest = withoutLevels(query);
  const chosen = LEVELS.filter((level) => levels.has(level));
  if (chosen.length === 0 || chosen.length === LEVELS.length) return rest;
  const last = chosen.at(-1)!;
  const isUpTo = chosen.length > 1 && LEVELS.indexOf(last) === chosen.length - 1;
  const [only] = chosen.length === 1 ? chosen : [];
  const term = only ? `severity:${only}` : isUpTo ? `severity:<=${last}` : `severity:(${chosen.join(' OR ')})`;
  return [term, grouped(termsOf(rest))].filter(Boolean).join(' ');
}

/** The query without its condition on levels. */
export function withoutLevels(query: string): string {
  const terms = termsOf(query);
  const at = terms.findIndex((term) => LEVEL_TERM.test(term));
  if (at < 0) return query;
  return terms.filter((_, index) => index !== at).join(' ');
}

/** Words and texts that the query looks for in a line, for the marks in the list. */
export function wordsOf(query: string): string[] {
  const found: string[] = [];
  const terms = termsOf(query);
  for (const [at, term] of terms.entries()) {
    if (/^(?:-|!)/.test(term) || /^not$/i.test(terms[at - 1] ?? '')) continue;
    if (/^\(.*\)$/s.test(term)) found.push(...wordsOf(term.slice(1, -1)));
    else found.push(...wordOf(term));
  }
  return found;
}

function wordOf(term: string): string[] {
  const text = term.replace(/^(?:message|msg|text|body|line):/i, '');
  const phrase = /^"(.*)"$/s.exec(text);
  if (phrase) return phrase[1] ? [phrase[1].replace(/\\(["\\])/g, '$1')] : [];
  if (/^(?:and|or|not|&&|\|\||\*)$/i.test(text)) return [];
  if (/^\w[\w.@-]*(?::|=|<=|>=)/.test(text) || text.startsWith('/')) return [];
  return text
    .split(/[*?]/)
    .map((part) => part.replace(/\\(.)/g, '$1'))
    .filter((part) => part.length > 0);
}

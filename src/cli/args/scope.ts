import { didYouMean } from '../../base/text/nearest.ts';
import type { Scope } from '../../ask/contract.ts';
import { parseFieldName } from '../../model/fields.ts';
import { FACILITIES, facilityCode, SEVERITIES, severityCode } from '../../model/priority.ts';
import type { Args } from './args.ts';
import { expandGlobs } from './expand-globs.ts';
import { usageError } from './exit.ts';
import { offsetReader, type ZoneName } from './zone.ts';

type Language = typeof import('../../query/index.ts');
type FlagQuery = { text: string; flag: string };

/** The time zone of the flags; undefined is this machine's. @throws CordwoodError ERR_USAGE if it is unknown, or two are given */
export function zoneOf(args: Args): ZoneName {
  const zone = args.text('timezone');
  // Checked here, because an answer without times would not notice an unknown zone.
  if (zone !== undefined) offsetReader(zone);
  if (!args.has('utc')) return zone;
  if (zone !== undefined) throw usageError(`cannot show times in both UTC and ${zone}: use either --utc or --timezone`);
  return 'UTC';
}

/**
 * The scope that the flags and words of a command line ask for. Each flag becomes a query of its own, so that an error
 * can name the flag. Values are quoted, so that none is read as query syntax.
 * @param hint is called with a hint for each part that may have been meant otherwise than it is read
 * @throws CordwoodError ERR_USAGE
 */
export async function scopeOf(
  args: Args,
  words: readonly string[],
  now: number,
  hint?: (text: string) => void,
): Promise<Scope> {
  const zone = zoneOf(args);
  // Loading the query language takes as long as asking: skipped when nothing needs it.
  if (words.length === 0 && !FILTERS.some((name) => args.has(name))) return {};
  const language = await import('../../query/index.ts');
  const filters = [...flagQueries(args, language), ...pairQueries(words, language)];
  const query = words.filter((word) => pairOf(word, language) === undefined).join(' ');
  if (hint) for (const text of hintsOf([query, ...args.all('exclude')], words, language)) hint(text);
  return {
    // Times in a query are in the user's zone, which may differ from the server's.
    ...((query !== '' || filters.length > 0) && { zone: zone ?? machineZone() }),
    ...(query !== '' && { query }),
    ...(filters.length > 0 && { filters }),
    ...windowOf(args, { now, zone }, language),
  };
}

/** Where queries may have been meant otherwise; whether they are valid is for the server to say. */
function hintsOf(queries: readonly string[], words: readonly string[], language: Language): Set<string> {
  const hints = new Set<string>();
  for (const query of queries) {
    try {
      language.parseQuery(query, { now: 0, hint: (text) => hints.add(text) });
    } catch {
      // The server reports it.
    }
  }
  for (const word of words) {
    const [first = '', ...rest] = word.split(/\s/);
    const pair = rest.length > 0 && !word.includes('"') ? language.pairOfWord(first) : undefined;
    if (pair) hints.add(`the value of ${first} ends at the blank; a value with blanks needs quotes: field="a b"`);
  }
  return hints;
}

const FILTERS = ['since', 'until', 'priority', 'host', 'tag', 'facility', 'grep', 'exclude', 'wait-for'];

function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

type Window = Pick<Scope, 'since' | 'until'>;

function windowOf(args: Args, context: { now: number; zone: ZoneName }, { parseTime }: Language): Window {
  const [since, until] = [args.text('since'), args.text('until')];
  return {
    ...(since !== undefined && { since: since === 'all' ? 'all' : parseTime(since, context) }),
    ...(until !== undefined && { until: parseTime(until, context) }),
  };
}

function flagQueries(args: Args, language: Language): FlagQuery[] {
  const queries: FlagQuery[] = [];
  const priority = args.text('priority');
  if (priority !== undefined) queries.push({ text: priorityQuery(priority), flag: `-p ${priority}` });
  const globs = (name: string, field: string, flag: string): void => {
    const values = args.all(name);
    if (values.length === 0) return;
    const globs = values.flatMap((value) => expandGlobs(value, flag));
    const text = anyOf(
      field,
      [...new Set(globs)].map((glob) => (/[*?]/.test(glob) ? language.quoteGlob(glob) : language.quote(glob))),
    );
    queries.push({ text, flag: values.map((value) => `${flag} ${value}`).join(' ') });
  };
  globs('host', 'hostname', '-H');
  globs('tag', 'appname', '-t');
  const facilities = args.all('facility').flatMap((list) => list.split(','));
  if (facilities.length > 0) {
    queries.push({ text: anyOf('facility', facilities.map(facilityName)), flag: `--facility ${facilities.join(',')}` });
  }
  for (const pattern of args.all('grep')) queries.push({ text: patternQuery(pattern), flag: `-g ${pattern}` });
  for (const pattern of args.all('wait-for'))
    queries.push({ text: patternQuery(pattern), flag: `--wait-for ${pattern}` });
  for (const query of args.all('exclude')) queries.push({ text: `NOT (${query})`, flag: `-v ${query}` });
  return queries;
}

/** `err` means err and worse; `warning..err`, in either order, means these two and the levels between them. */
function priorityQuery(text: string): string {
  const bounds = text.split('..').map((name) => severityCode(name.trim()) ?? unknownLevel(text, name));
  if (bounds.length > 2) unknownLevel(text, text);
  const names = bounds.sort((a, b) => a - b).map((code) => SEVERITIES[code]!);
  return names.length === 1 ? `severity:<=${names[0]}` : `severity:[${names[0]} TO ${names[1]}]`;
}

function unknownLevel(text: string, name: string): never {
  const hint = didYouMean(name, SEVERITIES);
  throw usageError(
    `cannot read -p ${text}: use one of ${SEVERITIES.join(', ')}, 0-7, or a range such as warning..err${hint}`,
  );
}

function facilityName(name: string): string {
  const code = facilityCode(name);
  if (code !== undefined) return FACILITIES[code]!;
  const hint = didYouMean(name, FACILITIES) || '; --facility help lists them all';
  throw usageError(`cannot read --facility ${name}: unknown facility${hint}`);
}

/** A pattern without capitals ignores case; the letter of an escape (`\S`, `\pL`) does not count as a capital. */
function patternQuery(pattern: string): string {
  const escaped = pattern.replace(/\\[\s\S]|\//g, (piece) => (piece === '/' ? '\\/' : piece));
  const ignoreCase = !/\p{Lu}/u.test(pattern.replace(/\\(?:[pP]\{[^}]*\}|[pP]?[\s\S])/g, ''));
  return `message:/${escaped}/${ignoreCase ? 'i' : ''}`;
}

function anyOf(field: string, values: readonly string[]): string {
  return `${field}:${values.length === 1 ? values[0] : `(${values.join(' OR ')})`}`;
}

/** `field=value` words: one field with several values matches any of them; different fields must all match. */
function pairQueries(words: readonly string[], language: Language): FlagQuery[] {
  const pairs = words.flatMap((word) => pairOf(word, language) ?? []);
  const byField = Map.groupBy(pairs, ({ field }) => field);
  return [...byField].map(([field, same]) => ({
    text: anyOf(
      language.quoteField(field),
      same.map(({ value }) => value),
    ),
    flag: same.map(({ word }) => word).join(' '),
  }));
}

/**
 * A word that is one pair and nothing else. A value with blanks, brackets or quotes is left to the
 * query language, which reads it as it would within brackets.
 */
function pairOf(word: string, { pairOfWord }: Language): { field: string; value: string; word: string } | undefined {
  const pair = pairOfWord(word);
  return pair && { ...pair, word };
}

/** The fields of a list `a,b`, given by name or by the aliases of queries. @throws CordwoodError ERR_USAGE */
export async function fieldList(text: string, flag: string): Promise<string[]> {
  const { fieldOf, unknownField } = await import('../../query/index.ts');
  return text.split(',').map((typed) => {
    const name = typed.trim();
    const field = parseFieldName(name) ? name : fieldOf(name);
    if (field === undefined) throw usageError(`cannot read ${flag} ${text}: ${unknownField(name)}`);
    return field;
  });
}

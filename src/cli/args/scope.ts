import { didYouMean } from '../../base/nearest.ts';
import type { Scope } from '../../ask/contract.ts';
import { parseFieldName } from '../../model/fields.ts';
import { FACILITIES, facilityCode, SEVERITIES, severityCode } from '../../model/priority.ts';
import type { Args } from './args.ts';
import { usageError } from './exit.ts';
import { offsetReader, type ZoneName } from './zone.ts';

type Language = typeof import('../../query/index.ts');
type FlagQuery = { text: string; flag: string };

/** The zone that the flags ask for; undefined is this machine's. @throws CordwoodError ERR_USAGE for two, or one unknown */
export function zoneOf(args: Args): ZoneName {
  const zone = args.text('timezone');
  // An answer without times in it would not notice an unknown zone.
  if (zone !== undefined) offsetReader(zone);
  if (!args.has('utc')) return zone;
  if (zone !== undefined) throw usageError(`cannot show times in both UTC and ${zone}: give --utc or --timezone`);
  return 'UTC';
}

/**
 * What the flags and the words of a command line ask for, as queries that the server reads. Flags become queries of
 * their own, so that an error points at the flag; values are quoted, so that none can be read as more than a value.
 * @throws CordwoodError ERR_USAGE
 */
export async function scopeOf(args: Args, words: readonly string[], now: number): Promise<Scope> {
  const zone = zoneOf(args);
  // Loading the query language costs as much as asking: what names nothing to look for does without.
  if (words.length === 0 && !FILTERS.some((name) => args.has(name))) return {};
  const language = await import('../../query/index.ts');
  const filters = [...flagQueries(args, language), ...pairQueries(words, language)];
  const query = words.filter((word) => pairOf(word, language) === undefined).join(' ');
  return {
    // Stamps in a query are meant in the asker's zone, which need not be the server's.
    ...((query !== '' || filters.length > 0) && { zone: zone ?? machineZone() }),
    ...(query !== '' && { query }),
    ...(filters.length > 0 && { filters }),
    ...windowOf(args, { now, zone }, language),
  };
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
    const text = anyOf(
      field,
      values.map((glob) => (/[*?]/.test(glob) ? language.quoteGlob(glob) : language.quote(glob))),
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

/** `err` means err and worse, `warning..err` these two and what lies between, either way round. */
function priorityQuery(text: string): string {
  const bounds = text.split('..').map((name) => severityCode(name.trim()) ?? unknownLevel(text, name));
  if (bounds.length > 2) unknownLevel(text, text);
  const names = bounds.sort((a, b) => a - b).map((code) => SEVERITIES[code]!);
  return names.length === 1 ? `severity:<=${names[0]}` : `severity:[${names[0]} TO ${names[1]}]`;
}

function unknownLevel(text: string, name: string): never {
  const hint = didYouMean(name, SEVERITIES);
  throw usageError(
    `cannot read -p ${text}: a level is one of ${SEVERITIES.join(', ')} or 0-7, a range err..warning${hint}`,
  );
}

function facilityName(name: string): string {
  const code = facilityCode(name);
  if (code !== undefined) return FACILITIES[code]!;
  const hint = didYouMean(name, FACILITIES) || '; --facility help lists them';
  throw usageError(`cannot read --facility ${name}: there is none of that name${hint}`);
}

/** A pattern without capitals is meant whatever the case; what a backslash names (`\S`, `\pL`) is no capital. */
function patternQuery(pattern: string): string {
  const escaped = pattern.replace(/\\[\s\S]|\//g, (piece) => (piece === '/' ? '\\/' : piece));
  const ignoreCase = !/\p{Lu}/u.test(pattern.replace(/\\(?:[pP]\{[^}]*\}|[pP]?[\s\S])/g, ''));
  return `message:/${escaped}/${ignoreCase ? 'i' : ''}`;
}

function anyOf(field: string, values: readonly string[]): string {
  return `${field}:${values.length === 1 ? values[0] : `(${values.join(' OR ')})`}`;
}

/** `field=value` words: the same field twice means either, different fields mean both. */
function pairQueries(words: readonly string[], language: Language): FlagQuery[] {
  const pairs = words.flatMap((word) => pairOf(word, language) ?? []);
  const byField = Map.groupBy(pairs, ({ field }) => field);
  return [...byField].map(([field, same]) => ({
    text: anyOf(
      language.quoteField(field),
      same.map(({ value }) => language.quote(value)),
    ),
    flag: same.map(({ word }) => word).join(' '),
  }));
}

/** Only the fields' own names and `host`, `app`: in `time=30ms` or `size=4` the words of a message are meant. */
function pairOf(word: string, { fieldOf }: Language): { field: string; value: string; word: string } | undefined {
  const at = word.indexOf('=');
  const name = word.slice(0, Math.max(0, at));
  const field = parseFieldName(name) || /^(host|app)$/i.test(name) ? fieldOf(name) : undefined;
  return field === undefined ? undefined : { field, value: word.slice(at + 1), word };
}

/** Fields of a list `a,b`, by their names or the aliases that queries take. @throws CordwoodError ERR_USAGE */
export async function fieldList(text: string, flag: string): Promise<string[]> {
  const { fieldOf, unknownField } = await import('../../query/index.ts');
  return text.split(',').map((typed) => {
    const name = typed.trim();
    const field = parseFieldName(name) ? name : fieldOf(name);
    if (field === undefined) throw usageError(`cannot read ${flag} ${text}: ${unknownField(name)}`);
    return field;
  });
}

import type { Client, End, QuestionName, Questions, Scope } from '../../ask/contract.ts';
import { nearest } from '../../base/text/nearest.ts';
import { type Filter, LINE, type TermFilter } from '../../model/filter.ts';
import { compile } from '../../model/matches.ts';
import type { LogMessage } from '../../model/message.ts';
import { fold } from '../../model/tokens.ts';
import { zoneOf } from '../args/scope.ts';
import type { AnswerRow } from '../io/answer.ts';
import { isCursor, openClient } from './ask.ts';
import type { Context } from './command.ts';
import { isOwnField, namesEndingAlike, wordHint } from './word-hints.ts';

/** Names that a note lists, at most. */
const NAMES = 3;
/** Programs or hosts that are compared with a name, at most. */
const PROGRAMS = 1000;

/** Notes that nothing was found, and what would help. */
export async function noteNoMatch(context: Context, scope: Scope, end: End): Promise<void> {
  context.note('no entries');
  try {
    for (const hint of await hintsFor(context, scope, end)) context.note(hint);
  } catch {
    // The search itself went well: a hint that cannot be found out is left out.
  }
}

async function hintsFor(context: Context, scope: Scope, end: End): Promise<string[]> {
  const { parseQuery, fieldOf } = await import('../../query/index.ts');
  const now = context.terminal.now();
  const texts = [scope.query ?? '', ...(scope.filters ?? []).map(({ text }) => text)];
  const wanted = texts.flatMap((text) => alternativesIn(parseQuery(text, { now, zone: scope.zone })));
  const onHosts = wanted.filter((terms) => terms.every(({ field }) => field === 'hostname'));
  const onPrograms = wanted.filter((terms) => terms.every(({ field }) => field === 'appname'));
  const words = wanted.flatMap((terms) => (terms.length === 1 ? (wordOf(terms[0]!) ?? []) : []));
  const own = [
    ...new Set(
      wanted
        .flat()
        .filter(isOwnField)
        .map(({ field }) => field),
    ),
  ];
  if (onHosts.length + onPrograms.length + words.length + own.length === 0) return [];
  await using client = await openClient({ ...context, note: () => {} });
  const hints: string[] = [];
  for (const terms of onHosts) hints.push(...(await hostHints(terms, { client, context, scope, end })));
  if (onPrograms.length + words.length > 0) {
    const top = await rowsOf(client, 'top', { ...windowOf(end), fields: ['appname'], limit: PROGRAMS }, context);
    const programs = top.flatMap(({ values }) => (typeof values[0] === 'string' ? [values[0]] : []));
    hints.push(...programHints(onPrograms, words, programs));
  }
  if (own.length > 0) {
    const known = (await rowsOf(client, 'fields', windowOf(end), context)).map(({ name }) => name);
    hints.push(...fieldHints(own, known));
  }
  return [...hints, ...words.flatMap((word) => wordHint(word, fieldOf) ?? [])];
}

function windowOf({ since, until }: End): Pick<Scope, 'since' | 'until'> {
  return { since: since ?? 'all', ...(until !== undefined && { until }) };
}

/** The terms that must match, and for each the terms of which one must. */
function alternativesIn(filter: Filter): TermFilter[][] {
  switch (filter.kind) {
    case 'all':
    case 'not':
      return [];
    case 'and':
      return filter.of.flatMap(alternativesIn);
    case 'or': {
      const terms = filter.of.flatMap((each) => ('field' in each ? [each] : []));
      return terms.length === filter.of.length && terms.length > 0 ? [terms] : [];
    }
    default:
      return [[filter]];
  }
}

/** The word of a term on the text alone, or anywhere. */
function wordOf(term: TermFilter): string | undefined {
  if (term.field !== 'message' && term.field !== LINE) return undefined;
  if (term.kind === 'word') return term.token;
  if (term.kind === 'phrase' || term.kind === 'substring') return term.text;
  return term.kind === 'pattern' && /^[\w-]+$/.test(term.source) ? fold(term.source) : undefined;
}

type Asking = { readonly client: Client; readonly context: Context; readonly scope: Scope; readonly end: End };

/** Whether the host is known, and whether its last line arrived before the window. */
async function hostHints(terms: readonly TermFilter[], { client, context, scope, end }: Asking): Promise<string[]> {
  const { format, formatFull } = await import('../../query/index.ts');
  const filters = [{ text: format({ kind: 'or', of: terms }), flag: '-H' }];
  const params = { filters, since: 'all' as const, limit: 1, ...(scope.zone !== undefined && { zone: scope.zone }) };
  const [newest] = (await rowsOf(client, 'search', params, context)).flatMap((row) => ('_id' in row ? [row] : []));
  if (newest === undefined) return await unknownHost(terms, { client, context, scope, end });
  const at = newest.received_at.getTime();
  if (end.since === undefined || at >= end.since) return [];
  const last = formatFull(at, zoneOf(context.args)).slice(0, 19);
  const which = `the last line of ${newest.hostname ?? newest.source.ip}`;
  return [`${which} arrived at ${last}, before this window; to search from there: -S '${last}'`];
}

async function unknownHost(terms: readonly TermFilter[], { client, context, end }: Asking): Promise<string[]> {
  const [name] = terms.flatMap((term) => ('value' in term ? [term.value] : 'glob' in term ? [term.glob] : []));
  if (name === undefined) return [];
  if (/^[-!]./.test(name)) return [`-H takes no ${name[0]}; to leave a host out: -v host:${name.slice(1)}`];
  const ledger = await rowsOf(client, 'hosts', { action: 'list' }, context);
  const params = { ...windowOf(end), fields: ['hostname'], limit: PROGRAMS };
  const senders = await rowsOf(client, 'top', params, context);
  const known = new Set(ledger.flatMap((row) => ('host' in row ? [row.host] : [])));
  for (const { values } of senders) if (typeof values[0] === 'string') known.add(values[0]);
  return [`no host ${JSON.stringify(name)} is known${nearNames(name, [...known])}; cordwood hosts lists them`];
}

function programHints(
  terms: readonly (readonly TermFilter[])[],
  words: readonly string[],
  programs: readonly string[],
): string[] {
  const hints: string[] = [];
  for (const alternatives of terms) {
    const matches = compile({ kind: 'or', of: alternatives });
    const name = alternatives.flatMap((term) => ('value' in term ? [term.value] : []))[0];
    if (name === undefined || programs.some((appname) => matches({ appname } as LogMessage))) continue;
    const [, program, pid] = /^([^[\]]+)\[(\d+)\]:?$/.exec(name) ?? [];
    const remedy = program === undefined ? nearNames(name, programs) : `; write -t ${program} procid:${pid}`;
    hints.push(`no program ${JSON.stringify(name)} sent anything in this window${remedy}`);
  }
  for (const word of words) {
    const program = programs.find((each) => fold(each) === word);
    if (program !== undefined)
      hints.push(`${JSON.stringify(word)} is the name of a program: -t ${program} finds its lines`);
  }
  return hints;
}

function fieldHints(asked: readonly string[], known: readonly string[]): string[] {
  const missing = asked.filter((name) => !known.some((each) => each === name || each.startsWith(`${name}.`)));
  return missing.map((name) => {
    const alike = namesEndingAlike(name, known).slice(0, NAMES);
    const near = alike.length > 0 ? `; near are ${alike.join(', ')}` : nearNames(name, known);
    return `no message in this window has the field ${name}${near}; cordwood fields lists them`;
  });
}

/** Up to three names that are near, or that contain the name. */
function nearNames(name: string, names: readonly string[]): string {
  const found: string[] = [];
  let rest = [...names];
  for (let near = nearest(name, rest); near !== undefined && found.length < NAMES; near = nearest(name, rest)) {
    found.push(near);
    rest = rest.filter((each) => each !== near);
  }
  const plain = name.replace(/[*?\\]/g, '');
  const within = plain.length < 3 ? [] : names.filter((each) => fold(each).includes(plain) && !found.includes(each));
  const shown = [...found, ...within].slice(0, NAMES);
  return shown.length === 0 ? '' : `; near are ${shown.join(', ')}`;
}

async function rowsOf<Name extends QuestionName>(
  client: Client,
  name: Name,
  params: Questions[Name]['params'],
  { signal }: Context,
): Promise<Questions[Name]['row'][]> {
  const rows: Questions[Name]['row'][] = [];
  const answer = client.ask(name, params, signal);
  for (;;) {
    const { value, done } = await answer.next();
    if (done) return rows;
    if (!isCursor(value as AnswerRow<Name>)) rows.push(value as Questions[Name]['row']);
  }
}

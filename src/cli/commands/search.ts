import type { SearchParams } from '../../ask/contract.ts';
import { countOf, formatCount } from '../../base/text.ts';
import { FACILITIES } from '../../model/priority.ts';
import type { Args } from '../args/args.ts';
import { ask, exitOf } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';
import { noteNoMatch } from '../asking/no-match.ts';
import { readCursorFile, writeCursorFile } from '../io/cursor-file.ts';
import { EXIT, SEARCH_EXIT_HELP, usageError } from '../args/exit.ts';
import { gapLine } from '../views/gap-line.ts';
import { QUERY_HELP } from '../args/flags.ts';
import { FORMATS } from '../formats/registry.ts';
import { openPager } from '../io/pager.ts';
import { openFormat, RowWriter } from '../asking/row-writer.ts';
import { scopeOf, zoneOf } from '../args/scope.ts';
import { SEARCH_FLAGS } from './search-flags.ts';
import { ALL_VALUES, limitOf as valuesLimit } from '../args/limit.ts';
import { showTopValues } from '../asking/top-values.ts';
import { runFollow } from '../asking/wait.ts';

/** Earlier matches that `-f` shows first. */
const FOLLOW_LINES = 10;

/** `cordwood search`: messages, in order of arrival. */
export const search: Command = {
  name: 'search',
  operands: '[query]',
  words: 'query',
  about: 'Finds messages and shows them, oldest first. Searches the last 24 hours unless -S is given.',
  flags: SEARCH_FLAGS,
  examples: [
    ["cordwood search -p err -S -1h -H 'web*'", 'errors and worse on the web servers in the last hour'],
    ['cordwood search -f -t sshd Failed password', 'failed logins as they happen'],
    [
      "cordwood search -S yesterday -o csv --fields received_at,hostname,message 'disk OR inode'",
      'a table for a spreadsheet',
    ],
    ["cordwood search --wait-for 'server started' -H web1 --timeout 60s", 'wait until a deployed server is up'],
  ],
  epilogue: [
    QUERY_HELP,
    `Formats:\n${FORMATS.map(({ name, about }) => `  ${name.padEnd(11)} ${about}`).join('\n')}`,
    SEARCH_EXIT_HELP,
  ].join('\n\n'),
  async run(context) {
    const { args, output } = context;
    if (args.text('facility') === 'help') {
      for (const [code, name] of FACILITIES.entries()) output.write(`${String(code).padStart(2)} ${name}\n`);
      return EXIT.ok;
    }
    const scope = await scopeOf(args, args.words, context.terminal.now(), context.note);
    const field = args.text('field');
    if (field !== undefined) {
      const limit = valuesLimit(args.text('lines'), ALL_VALUES);
      return showTopValues(context, { scope, fields: field, flag: '-F', limit });
    }
    const params = searchParams(args, scope);
    if (params.follow) return runFollow(context, params);
    return runSearch(context, params);
  },
};

function searchParams(args: Args, scope: SearchParams): SearchParams {
  const file = args.text('cursor-file');
  const cursor = file === undefined ? undefined : readCursorFile(file);
  const around = args.count('context');
  const before = args.count('before') ?? around;
  const after = args.count('after') ?? around;
  const follow = args.has('follow') || args.has('wait-for');
  if (args.has('timeout') && !follow) throw usageError('cannot use --timeout alone: add --wait-for or -f');
  if (args.has('count') && !args.has('wait-for')) throw usageError('cannot use --count alone: add --wait-for');
  return {
    ...scope,
    ...(args.has('reverse') && { order: 'newest' }),
    ...limitOf(args, follow && scope.since === undefined && cursor === undefined),
    ...(before && { before }),
    ...(after && { after }),
    ...(follow && { follow }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** `-n N` means the newest N, `-n +N` the oldest, `-n all` all. A follower shows the last few matches first. */
function limitOf(args: Args, follows: boolean): Pick<SearchParams, 'limit' | 'from'> {
  const text = args.text('lines');
  if (text === 'all') return {};
  if (text === undefined) return follows && !args.has('wait-for') ? { limit: FOLLOW_LINES } : {};
  const match = /^(\+?)(\d{1,9})$/.exec(text);
  if (!match) throw usageError(`cannot read -n ${text}: it takes a number, +N for the oldest, or "all"`);
  return { limit: Number(match[2]), ...(match[1] && { from: 'start' as const }) };
}

function rebuiltText(count: number): string {
  const which = `the bytes as received of ${countOf(count, 'message')} are not kept`;
  return `${which}: shown as RFC 5424; they are kept only where they cannot be written again from the fields`;
}

async function runSearch(context: Context, params: SearchParams): Promise<number> {
  const { args, terminal, output } = context;
  const format = await openFormat(context);
  await using _pager = output.isTerminal && !args.has('no-pager') ? await openPager(output, terminal.env) : undefined;
  const writer = new RowWriter(format, output, (gap) => context.note(gapLine(zoneOf(args))(gap)));
  const end = await ask(context, 'search', params, (row) => writer.write(row));
  await output.flush();
  if (output.closed) return EXIT.ok;
  if (writer.rebuilt > 0 && args.text('output') === 'raw') context.note(rebuiltText(writer.rebuilt));
  if (end.limited) {
    const which = params.from === 'start' ? 'oldest' : 'newest';
    context.note(`showing the ${which} ${formatCount(params.limit ?? 0)} of more; -n all shows all`);
  }
  const file = args.text('cursor-file');
  // A search that goes on from its last end finds nothing often, and rightly.
  if (writer.matches === 0 && file === undefined) await noteNoMatch(context, params, end);
  if (file !== undefined && end.cursor !== undefined) writeCursorFile(file, end.cursor);
  return exitOf(args, writer.matches > 0, end);
}

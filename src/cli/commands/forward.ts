import type { ForwardRow } from '../../forward/contract.ts';
import { formatCount } from '../../base/text.ts';
import { didYouMean } from '../../base/text/nearest.ts';
import { formatDuration, parseDuration, SECOND } from '../../base/units.ts';
import { loadSettings } from '../../config/index.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { askAll, configOptions } from '../asking/ask.ts';
import type { Action, Command, Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { table } from '../views/table.ts';

const ACTIONS = [
  { name: 'list', about: 'shows where each destination is connected, and how far it is' },
  {
    name: 'test',
    operands: 'NAME',
    words: 'forward',
    about: 'sends one line, marked as a test, to each address of a destination',
  },
  {
    name: 'skip',
    operands: 'NAME --to now --why TEXT',
    words: 'forward',
    about: 'goes on from another place; the rest is recorded as a gap',
  },
] as const satisfies readonly Action[];

const SKIP = 'Flags of skip';

/** `cordwood forward`: the destinations of `forward:`, how far each is, and whether it takes a line. */
export const forward: Command = {
  name: 'forward',
  operands: 'list | test NAME | skip NAME --to now --why TEXT',
  actions: ACTIONS,
  about: 'Shows how far each destination of forward: is, tries one, or moves its place.',
  flags: [
    {
      name: 'to',
      value: 'PLACE',
      group: SKIP,
      help: 'where to go on: now, start, or a duration ago, e.g. 24h, which sends again what was sent since then',
    },
    { name: 'why', value: 'TEXT', group: SKIP, help: 'the reason, for your colleagues; it is logged' },
    outputFlag(['text', 'json'], 'text: for people; json: one object per line'),
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood forward list', 'where to, how far behind, the last failure'],
    ['cordwood forward test siem', 'whether the receiver is reached, trusted, and takes a line'],
    ["cordwood forward skip siem --to now --why 'licence exceeded'", 'leave out what waits'],
  ],
  epilogue:
    'What waits is an upper bound: messages that do not match the query of a destination are not sent. test reads the ' +
    'configuration here and connects from here; it needs no running server.\n\n' +
    'Exit codes: 0 success; 1 no destination, or test failed for an address; 2 the command line or the configuration is ' +
    'invalid; 4 the server cannot be reached.',
  async run(context) {
    const [action, name, extra] = context.args.words;
    if (extra !== undefined) throw usageError(`cannot read ${JSON.stringify(extra)}: forward ${action} takes one name`);
    if (action === 'list' && name === undefined) return await list(context);
    if (action === 'test' && name !== undefined) return await test(context, name);
    if (action === 'skip' && name !== undefined) return await skip(context, name);
    throw usageError(`cannot run forward: write cordwood forward ${forward.operands.replaceAll(' | ', ', or ')}`);
  },
};

async function list(context: Context): Promise<number> {
  const { args, output, terminal } = context;
  const { rows } = await askAll(context, 'forwards', { action: 'list' });
  const all = rows.filter((row): row is ForwardRow => 'name' in row);
  if (args.text('output') === 'json') {
    for (const row of all) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
  } else if (all.length > 0) await output.write(`${listText(all, terminal.now())}\n`);
  else context.note('nothing is forwarded: the configuration has no forward:');
  return all.length > 0 ? EXIT.ok : EXIT.noMatch;
}

function listText(rows: readonly ForwardRow[], now: number): string {
  const heads = [
    'name',
    'kind',
    'connected to',
    'for',
    'sent',
    'waiting',
    'behind',
    'a second',
    'refused',
    'cut',
    'dead',
    'lost',
  ];
  const cells = rows.map(({ name, status, sent, aside = [], cut, dead, lost }) => [
    name,
    status.kind,
    status.removedAt === undefined ? (status.connected?.to ?? '-') : 'no longer configured',
    status.connected === undefined || status.removedAt !== undefined ? '-' : ago(now - status.connected.since),
    formatCount(sent),
    formatCount(status.waiting),
    status.oldest === undefined ? '-' : ago(now - status.oldest),
    formatCount(status.rate),
    ...[aside.length, cut, dead, lost].map(formatCount),
  ]);
  const failures = rows.flatMap(({ name, status: { failure } }) => {
    if (!failure) return [];
    const since =
      failure.since === undefined ? `${ago(now - failure.at)} ago, works again` : `for ${ago(now - failure.since)}`;
    return [visible(`${name}: ${since}: ${failure.reason}`)];
  });
  const losses = rows.flatMap(({ name, status: { losesAt } }) => {
    if (losesAt === undefined) return [];
    const what = 'retention begins to delete what waits, if it goes on like this';
    return [visible(`${name}: ${losesAt > now ? `in ${ago(losesAt - now)}` : 'now'}, ${what}`)];
  });
  return [table([heads, ...cells], 'lllrrrrrrrrr'), ...failures, ...losses].join('\n');
}

function ago(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / SECOND) * SECOND));
}

async function test(context: Context, name: string): Promise<number> {
  const { args, output, services, terminal } = context;
  const settings = await loadSettings(configOptions(args), terminal.env);
  const names = settings.forward.map((one) => one.name);
  const found = settings.forward.find((one) => one.name === name);
  if (!found) {
    const known = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
    throw usageError(
      `cannot test ${name}: forward: has no destination of this name; ${known}${didYouMean(name, names)}`,
    );
  }
  const results = await services.tryForward(found);
  for (const result of results) {
    const { to, failure, text } = result;
    const line = failure === undefined ? `${to}  ${text}` : `${to}  not taken: ${failure}`;
    await output.write(
      args.text('output') === 'json' ? `${visibleJson(JSON.stringify(result))}\n` : `${visible(line)}\n`,
    );
  }
  return results.every(({ failure }) => failure === undefined) ? EXIT.ok : EXIT.noMatch;
}

async function skip(context: Context, name: string): Promise<number> {
  const { args, note } = context;
  const why = args.text('why');
  const text = args.text('to');
  if (!why) throw usageError("cannot skip without a reason: add --why, e.g. --why 'licence exceeded'");
  if (text === undefined) throw usageError('cannot skip without a place: add --to now, --to start or e.g. --to 24h');
  const to = text === 'now' || text === 'start' ? text : parseDuration(text);
  if (to === undefined) throw usageError(`cannot read --to ${text}: it takes now, start, or a duration, e.g. 24h`);
  await askAll(context, 'forwards', { action: 'skip', name, to, why });
  note(`${name} goes on from there within some seconds, once the server runs; cordwood forward list shows it`);
  return EXIT.ok;
}

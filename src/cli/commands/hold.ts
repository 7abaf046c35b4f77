import type { HoldRow } from '../../ask/contract.ts';
import { askAll } from '../asking/ask.ts';
import { columns } from '../views/stats-text.ts';
import type { Command, Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf } from '../args/scope.ts';

const PINNING = 'The hold';

/** `cordwood hold add|list|release`: pins messages against expiry. */
export const hold: Command = {
  name: 'hold',
  operands: 'add [query] | list | release NAME',
  about: 'Pins messages against expiry and the size guard, until released: for an incident that is not over yet.',
  flags: [
    ...SCOPE_FLAGS,
    { name: 'query', value: 'QUERY', group: 'Which messages', help: 'as the words behind add' },
    { name: 'why', value: 'TEXT', group: PINNING, help: 'why they are pinned, for those who come after you' },
    { name: 'name', value: 'NAME', group: PINNING, help: 'what to call the hold; hold-1 and so on by default' },
    outputFlag(['text', 'json'], 'text: a table; json: an object a line'),
    ...ZONE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ["cordwood hold add -S yesterday -U today -H 'web*' --why 'the break-in of Sunday' --name case-17", 'pin a day'],
    ['cordwood hold list', 'what is pinned, and why'],
    ['cordwood hold release case-17', 'let go of it: what is past its keep is deleted soon after'],
  ],
  epilogue:
    'What is pinned is shown also where it is past the keep of its stream. A hold keeps what is still there; what is gone already it does not ' +
    `bring back. Without -U it also pins what is yet to come.\n\n${QUERY_HELP}\n\n${EXIT_HELP}`,
  async run(context) {
    const [verb, ...words] = context.args.words;
    if (verb === 'add') return await add(context, words);
    if (verb === 'list' && words.length === 0) return await list(context);
    if (verb === 'release' && words.length === 1) return await release(context, words[0]!);
    throw usageError(
      'cannot run hold: what there is, is cordwood hold add, cordwood hold list and cordwood hold release NAME',
    );
  },
};

async function add(context: Context, words: readonly string[]): Promise<number> {
  const { args, terminal, output } = context;
  const why = args.text('why');
  if (!why)
    throw usageError("cannot add a hold: say why, for those who come after you: --why 'the break-in of Sunday'");
  const query = args.text('query');
  const scope = await scopeOf(args, query === undefined ? words : [query, ...words], terminal.now());
  if (scope.since === undefined) {
    throw usageError(
      'cannot add a hold without a window: name its beginning, -S yesterday, or pin all there is, -S all',
    );
  }
  const name = args.text('name');
  const { rows } = await askAll(context, 'hold-add', { ...scope, why, ...(name !== undefined && { name }) });
  for (const { messages, ...row } of rows) {
    const count = `${messages.toLocaleString('en')} ${messages === 1 ? 'message' : 'messages'}`;
    const text = `${visible(row.name)} pins ${count}, as of now\n`;
    await output.write(args.text('output') === 'json' ? jsonLine({ ...row, messages }) : text);
  }
  return EXIT.ok;
}

async function list(context: Context): Promise<number> {
  const { args, output } = context;
  const { rows } = await askAll(context, 'holds', {});
  if (args.text('output') === 'json') await output.write(rows.map(jsonLine).join(''));
  else if (rows.length === 0) await output.write('no holds\n');
  else await output.write(`${columns([HEADS, ...rows.map(cells)], HEADS.length)}\n`);
  return EXIT.ok;
}

async function release(context: Context, name: string): Promise<number> {
  const { args, output } = context;
  const { rows } = await askAll(context, 'hold-release', { name });
  for (const row of rows) {
    await output.write(args.text('output') === 'json' ? jsonLine(row) : `${visible(row.name)} is released\n`);
  }
  return EXIT.ok;
}

const HEADS = ['hold', 'from', 'until', 'added', 'query', 'why'];

function cells({ name, since, until, query, why, addedAt }: HoldRow): string[] {
  const bounds = [
    since === undefined ? 'the beginning' : stamp(since),
    until === undefined ? 'released' : stamp(until),
  ];
  return [name, ...bounds, stamp(addedAt), query || 'all', why].map(visible);
}

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function jsonLine(row: object): string {
  return `${visibleJson(JSON.stringify(row))}\n`;
}

import { countOf } from '../../base/text.ts';
import type { HoldRow } from '../../ask/contract.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, MESSAGES, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf } from '../args/scope.ts';
import { askAll } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { table } from '../views/table.ts';

const HOLD = 'The hold';

/** `cordwood hold add|list|release`: keeps messages from expiring. */
export const hold: Command = {
  name: 'hold',
  operands: 'add [query] | list | release NAME',
  actions: [
    { name: 'add', operands: '[query]', words: 'query', about: 'keeps the messages of a window that match a query' },
    { name: 'list', about: 'shows what is kept, and why' },
    { name: 'release', operands: 'NAME', words: 'hold', about: 'lets the messages of a hold expire' },
  ],
  about: 'Keeps messages from expiring and from the size limits until released, e.g. for an open investigation.',
  flags: [
    ...SCOPE_FLAGS,
    { name: 'query', value: 'QUERY', source: 'query', group: MESSAGES, help: 'the same as words after add' },
    { name: 'why', value: 'TEXT', group: HOLD, help: 'why they are kept, for your colleagues; required by add' },
    { name: 'name', value: 'NAME', group: HOLD, help: 'the name of the hold; default: hold-1, hold-2 …' },
    outputFlag(['text', 'json'], 'text: a table; json: one object per line'),
    ...ZONE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ["cordwood hold add -S yesterday -U today -H 'web*' --why 'Sunday break-in' --name case-17", 'keep one day'],
    ['cordwood hold list', 'what is kept, and why'],
    ['cordwood hold release case-17', 'let it expire: what is past its keep is deleted soon after'],
  ],
  epilogue:
    'Messages under a hold are shown even when they are past the keep of their stream. A hold cannot bring back what was ' +
    `already deleted. Without -U it also keeps messages that arrive later.\n\n${QUERY_HELP}\n\n${EXIT_HELP}`,
  async run(context) {
    const [verb, ...words] = context.args.words;
    if (verb === 'add') return await add(context, words);
    if (verb === 'list' && words.length === 0) return await list(context);
    if (verb === 'release' && words.length === 1) return await release(context, words[0]!);
    throw usageError('cannot run hold: write cordwood hold add, cordwood hold list or cordwood hold release NAME');
  },
};

async function add(context: Context, words: readonly string[]): Promise<number> {
  const { args, terminal, output } = context;
  const why = args.text('why');
  if (!why) throw usageError("cannot add a hold without a reason: add --why, e.g. --why 'Sunday break-in'");
  const query = args.text('query');
  const scope = await scopeOf(args, query === undefined ? words : [query, ...words], terminal.now(), context.note);
  if (scope.since === undefined) {
    throw usageError('cannot add a hold without a window: give its start, e.g. -S yesterday, or -S all for everything');
  }
  const name = args.text('name');
  const { rows } = await askAll(context, 'hold-add', { ...scope, why, ...(name !== undefined && { name }) });
  for (const { messages, ...row } of rows) {
    const text = `${visible(row.name)} keeps ${countOf(messages, 'message')} so far\n`;
    await output.write(args.text('output') === 'json' ? jsonLine({ ...row, messages }) : text);
  }
  return EXIT.ok;
}

async function list(context: Context): Promise<number> {
  const { args, output } = context;
  const { rows } = await askAll(context, 'holds', {});
  if (args.text('output') === 'json') await output.write(rows.map(jsonLine).join(''));
  else if (rows.length === 0) await output.write('no holds\n');
  else await output.write(`${table([HEADS, ...rows.map(cells)], 'l')}\n`);
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
  const from = since === undefined ? 'the beginning' : stamp(since);
  return [name, from, until === undefined ? 'no end' : stamp(until), stamp(addedAt), query || 'all', why];
}

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function jsonLine(row: object): string {
  return `${visibleJson(JSON.stringify(row))}\n`;
}

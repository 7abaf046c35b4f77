import { askAll, exitOf } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, ENDING_FLAGS, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf } from '../args/scope.ts';
import { table } from '../views/table.ts';

/** `cordwood fields`: the names that queries, `top` and `--fields` can take. */
export const fields: Command = {
  name: 'fields',
  operands: '[query]',
  about: 'Lists the fields that messages have, with the number of messages that have each.',
  flags: [
    ...SCOPE_FLAGS,
    outputFlag(['text', 'json'], 'text: a table; json: an object a line'),
    ...ZONE_FLAGS,
    ...ENDING_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood fields -H fw1', 'what a firewall sends'],
    ['cordwood fields -S all format:rfc5424 -o json', 'for a program'],
  ],
  epilogue: `${QUERY_HELP}\n\n${EXIT_HELP}`,
  async run(context) {
    const { args, terminal, output } = context;
    const scope = await scopeOf(args, args.words, terminal.now());
    const { rows, end } = await askAll(context, 'fields', scope);
    const text =
      args.text('output') === 'json'
        ? rows.map(({ name, count }) => `${visibleJson(JSON.stringify({ name, count }))}\n`).join('')
        : table(rows.map(({ name, count }) => [String(count), visible(name)]));
    await output.write(text);
    return exitOf(args, rows.length > 0, end);
  },
};

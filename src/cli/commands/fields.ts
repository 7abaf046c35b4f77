import { formatCount } from '../../base/text.ts';
import { SEARCH_EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, EXIT_CODE_FLAGS, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf } from '../args/scope.ts';
import { askAll, exitOf } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { noteNoMatch } from '../asking/no-match.ts';
import { visibleJson } from '../io/escape.ts';
import { table } from '../views/table.ts';

/** `cordwood fields`: the names that queries, `top` and `--fields` take. */
export const fields: Command = {
  name: 'fields',
  operands: '[query]',
  words: 'query',
  about: 'Lists the fields that messages have, and how many messages have each.',
  flags: [
    ...SCOPE_FLAGS,
    outputFlag(['text', 'json'], 'text: a table; json: one object per line'),
    ...ZONE_FLAGS,
    ...EXIT_CODE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood fields -H fw1', 'the fields that a firewall sends'],
    ['cordwood fields -S all format:rfc5424 -o json', 'for programs'],
  ],
  epilogue: `${QUERY_HELP}\n\n${SEARCH_EXIT_HELP}`,
  async run(context) {
    const { args, terminal, output } = context;
    const scope = await scopeOf(args, args.words, terminal.now(), context.note);
    const { rows, end } = await askAll(context, 'fields', scope);
    if (args.text('output') === 'json') {
      await output.write(rows.map(({ name, count }) => `${visibleJson(JSON.stringify({ name, count }))}\n`).join(''));
    } else if (rows.length > 0) {
      const counts = rows.map(({ name, count }) => [String(count), name]);
      await output.write(`${table(counts, 'rl')}\n`);
    }
    if (rows.length === 0) await noteNoMatch(context, scope, end);
    if (end.limited)
      context.note(`there are more than these ${formatCount(rows.length)} fields; narrow the query to see others`);
    return exitOf(args, rows.length > 0, end);
  },
};

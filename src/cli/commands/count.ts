import { SEARCH_EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, EXIT_CODE_FLAGS, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf } from '../args/scope.ts';
import { askAll, exitOf } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { noteNoMatch } from '../asking/no-match.ts';

/** `cordwood count`: the number of messages. */
export const count: Command = {
  name: 'count',
  operands: '[query]',
  words: 'query',
  about: 'Counts messages.',
  flags: [
    ...SCOPE_FLAGS,
    outputFlag(['text', 'json'], 'text: a number; json: {"count": N}'),
    ...ZONE_FLAGS,
    ...EXIT_CODE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood count -p err -S today', 'errors and worse since midnight'],
    ["cordwood count -H 'web*' -g timeout -S -1h", 'timeouts on the web servers in the last hour'],
  ],
  epilogue: `${QUERY_HELP}\n\n${SEARCH_EXIT_HELP}`,
  async run(context) {
    const { args, terminal, output } = context;
    const scope = await scopeOf(args, args.words, terminal.now(), context.note);
    const { rows, end } = await askAll(context, 'count', scope);
    const total = rows[0]?.count ?? 0;
    await output.write(args.text('output') === 'json' ? `${JSON.stringify({ count: total })}\n` : `${total}\n`);
    if (total === 0) await noteNoMatch(context, scope, end);
    return exitOf(args, total > 0, end);
  },
};

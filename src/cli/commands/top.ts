import type { Command } from '../asking/command.ts';
import { EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, ENDING_FLAGS, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf } from '../args/scope.ts';
import { limitOf } from '../args/limit.ts';
import { showValues } from '../asking/values.ts';

/** `cordwood top`: the commonest values of a field, or combinations of several. */
export const top: Command = {
  name: 'top',
  operands: 'FIELD[,FIELD] [query]',
  about: 'Shows the commonest values of a field, or of several together, with their counts.',
  flags: [
    ...SCOPE_FLAGS,
    { name: 'lines', short: 'n', value: 'N', group: 'How many', help: 'this many values, 10 by default; all' },
    outputFlag(['text', 'json', 'csv'], 'text: a table; json: an object a line; csv'),
    ...ZONE_FLAGS,
    ...ENDING_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood top hostname -p err -S today', 'the hosts with the most errors'],
    ["cordwood top hostname,appname -n 20 'timed out'", 'who complains about timeouts'],
  ],
  epilogue: `${QUERY_HELP}\n\n${EXIT_HELP}`,
  async run(context) {
    const { args, terminal } = context;
    const [field, ...words] = args.words;
    if (field === undefined) throw usageError('cannot count values: name a field, e.g. cordwood top hostname');
    const scope = await scopeOf(args, words, terminal.now());
    return showValues(context, { scope, field, flag: 'top', limit: limitOf(args.text('lines'), 10) });
  },
};

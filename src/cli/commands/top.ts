import { SEARCH_EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, EXIT_CODE_FLAGS, outputFlag, QUERY_HELP, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { limitOf } from '../args/limit.ts';
import { scopeOf } from '../args/scope.ts';
import type { Command } from '../asking/command.ts';
import { showTopValues } from '../asking/top-values.ts';

/** `cordwood top`: the most common values of a field, or combinations of several fields. */
export const top: Command = {
  name: 'top',
  operands: 'FIELD[,FIELD] [query]',
  words: 'field',
  about: 'Lists the most common values of a field, or of several fields together, with their counts.',
  flags: [
    ...SCOPE_FLAGS,
    { name: 'lines', short: 'n', value: 'N', group: 'Limit', help: 'show N values, or all; default: 10' },
    outputFlag(['text', 'json', 'csv'], 'text: a table; json: one object per line; csv'),
    ...ZONE_FLAGS,
    ...EXIT_CODE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood top hostname -p err -S today', 'the hosts with the most errors'],
    ["cordwood top hostname,appname -n 20 'timed out'", 'the programs that report timeouts, by host'],
  ],
  epilogue: `${QUERY_HELP}\n\n${SEARCH_EXIT_HELP}`,
  async run(context) {
    const { args, terminal } = context;
    const [fields, ...words] = args.words;
    if (fields === undefined) throw usageError('cannot count values: name a field, e.g. cordwood top hostname');
    const [next] = words;
    if (next !== undefined && (await import('../../query/index.ts')).fieldOf(next) !== undefined)
      context.note(`"${next}" was searched as a word; for both fields write cordwood top ${fields},${next}`);
    const scope = await scopeOf(args, words, terminal.now(), context.note);
    return showTopValues(context, { scope, fields, flag: 'top', limit: limitOf(args.text('lines'), 10) });
  },
};

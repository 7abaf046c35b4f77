import { countOf, formatCount } from '../../base/text.ts';
import { SECOND } from '../../base/units.ts';
import { loadSettings } from '../../config/index.ts';
import { EXIT } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { TARGET_FLAGS, targetFlags } from '../args/target-flags.ts';

/** Time between notes of progress, ms. */
const PROGRESS_MS = 5 * SECOND;

/** `cordwood convert`: documents of an earlier build. */
export const convert: Command = {
  name: 'convert',
  operands: '',
  about: 'Converts the messages that an earlier build wrote to MongoDB: structured data and fields become objects.',
  flags: [...TARGET_FLAGS, ...COMMON_FLAGS],
  examples: [
    [
      'systemctl stop cordwood; cordwood convert',
      'convert the database of the configuration, with all servers stopped',
    ],
    ['cordwood convert --to mongodb://db1/ --database logs', 'convert another one'],
  ],
  epilogue:
    'A server refuses a database that an earlier build wrote, and names this command. Stop all servers that use the ' +
    'database, convert it once, and start the servers of this build. A conversion that was stopped goes on when the ' +
    'command runs again; a database that is converted already stays as it is.\n\n' +
    'Exit codes: 0 the database is converted; 1 the conversion was stopped; 2 the command line or the configuration is ' +
    'invalid; 4 the database cannot be reached, or a server still uses it.',
  async run({ args, terminal, services, note, signal }) {
    const settings = await loadSettings(configOptions(args), terminal.env);
    let notedAt = terminal.now();
    const { seen, converted } = await services.convert(settings, {
      ...targetFlags(args),
      signal,
      onProgress: (done) => {
        if (terminal.now() - notedAt < PROGRESS_MS) return;
        notedAt = terminal.now();
        note(`looked at ${formatCount(done.seen)}, converted ${formatCount(done.converted)}`);
      },
    });
    note(`looked at ${countOf(seen, 'message')}, converted ${formatCount(converted)}`);
    if (!signal.aborted) return EXIT.ok;
    note('stopped; run the command again to go on');
    return EXIT.noMatch;
  },
};

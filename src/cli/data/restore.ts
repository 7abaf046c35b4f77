import { formatCount } from '../../base/text.ts';
import { loadSettings } from '../../config/index.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';

/** `cordwood restore`: puts a backup in place as a data folder. */
export const restore: Command = {
  name: 'restore',
  operands: 'DIR',
  about: 'Puts a backup in place as the data folder, which must be empty; then the server can be started.',
  flags: [...COMMON_FLAGS],
  examples: [
    ['sudo -u cordwood cordwood restore /backup/cordwood-2026-11-30', 'into the data folder of the configuration'],
    ['cordwood restore /backup/cordwood-2026-11-30 --data /srv/old', 'beside a server that goes on running'],
  ],
  epilogue:
    'Run it as the user of the server, with its configuration: messages that waited in the spool pass its pipeline now. ' +
    'The spool gets a new name, so that the server of the backup can go on running under the old one. Nothing is deleted, ' +
    'neither from the backup nor, before the server starts, of messages past their keep.\n\n' +
    'Exit codes: 0 success; 2 the command line or the configuration is invalid, DIR is no whole backup, or the data ' +
    'folder is not empty; 4 something cannot be read or written.',
  async run({ args, terminal, output, services }) {
    const [from, extra] = args.words;
    if (from === undefined || extra !== undefined) throw usageError('cannot run restore: write restore DIR');
    const settings = await loadSettings(configOptions(args), terminal.env);
    const { until, stored } = await services.restore(settings, { from });
    const lines = [
      `until   ${new Date(until).toISOString()}`,
      `folder  ${settings.data}`,
      `stored  ${formatCount(stored)} of the spool's messages`,
    ];
    await output.write(`${lines.join('\n')}\n`);
    return EXIT.ok;
  },
};

import { formatBytes, SECOND } from '../../base/units.ts';
import { loadSettings } from '../../config/index.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';

/** Time between notes of progress, ms. */
const PROGRESS_MS = 5 * SECOND;

/** `cordwood backup`: copies a data folder while its server runs. */
export const backup: Command = {
  name: 'backup',
  operands: 'DIR',
  about:
    'Copies the data folder of a server that may go on running, and says up to which moment the copy has everything.',
  flags: [...COMMON_FLAGS],
  examples: [
    ['sudo -u cordwood cordwood backup /backup/cordwood-2026-11-30', 'into a folder that does not exist yet'],
    ['cordwood search --data /backup/cordwood-2026-11-30 sshd', 'search a backup as it is, without restoring it'],
  ],
  epilogue:
    'Run it as the user of the server, who alone may read the files. The copy has every message that arrived up to the ' +
    'moment that is printed, the state of alerts, holds and the account, and users and tokens of the web page; it has no ' +
    'configuration and no certificates. With MongoDB, back up the database by its own tools.\n\n' +
    'Exit codes: 0 success; 2 the command line or the configuration is invalid, or DIR is not empty; 4 the data cannot be ' +
    'read, or DIR not written; 130 Ctrl-C. Unless it succeeds, nothing is left in DIR.',
  async run({ args, terminal, output, services, note, signal }) {
    const [to, extra] = args.words;
    if (to === undefined || extra !== undefined) throw usageError('cannot run backup: write backup DIR');
    const settings = await loadSettings(configOptions(args), terminal.env);
    let notedAt = terminal.now();
    let files = 0;
    let total = 0;
    const made = await services.backUp(settings, {
      to,
      signal,
      onProgress: (bytes) => {
        files++;
        total += bytes;
        if (terminal.now() - notedAt < PROGRESS_MS) return;
        notedAt = terminal.now();
        note(`copied ${files} files, ${formatBytes(total)}`);
      },
    });
    await output.write(`until   ${new Date(made.until).toISOString()}\nsize    ${formatBytes(made.bytes)}\n`);
    return EXIT.ok;
  },
};

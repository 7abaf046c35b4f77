import { didYouMean } from '../../base/text/nearest.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import type { Command } from '../asking/command.ts';
import { SHELLS } from './registry.ts';

const NAMES = SHELLS.map(({ name }) => name);

/** `cordwood completion`: what makes a shell complete the command line. */
export const completion: Command = {
  name: 'completion',
  operands: NAMES.join('|'),
  about:
    'Prints the completion of a shell: commands, flags and their values; hosts, programs, rules and the like as the ' +
    'server knows them.',
  actions: SHELLS.map(({ name }) => ({ name, about: `prints the completion of ${name}` })),
  flags: COMMON_FLAGS.filter(({ name }) => name === 'help'),
  examples: SHELLS.map(({ install, file }) => [install, `in ${file}`] as const),
  epilogue:
    'Names are asked of the server that the command line chooses (--server, --config, --data and their variables). If it ' +
    'does not answer within 250 ms (CORDWOOD_COMPLETE_MS), none are offered. The Debian package brings all completions.\n\n' +
    'Exit codes: 0 success; 2 the command line is invalid.',
  async run({ args, output, commands }) {
    const [name, extra] = args.words;
    if (name === undefined) throw usageError(`cannot print a completion: name the shell, one of ${NAMES.join(', ')}`);
    if (extra !== undefined) throw usageError(`cannot read ${JSON.stringify(extra)}: completion takes one word`);
    const shell = SHELLS.find((one) => one.name === name);
    if (!shell) {
      const hint = didYouMean(name, NAMES);
      throw usageError(`cannot print a completion for ${JSON.stringify(name)}: known are ${NAMES.join(', ')}${hint}`);
    }
    await output.write(shell.script(await commands()));
    return EXIT.ok;
  },
};

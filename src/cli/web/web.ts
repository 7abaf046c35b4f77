import { EXIT, EXIT_HELP } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { dataFolder } from '../../config/index.ts';
import { requestLink } from '../io/client.ts';

/** `cordwood web`: a link that logs in at the web page. */
export const web: Command = {
  name: 'web',
  operands: '',
  about: 'Prints a link that opens the web page of the running server, logged in as its operator.',
  flags: COMMON_FLAGS,
  examples: [
    ['cordwood web', 'print the link; it works once, within a minute'],
    ['xdg-open "$(cordwood web)"', 'open it'],
  ],
  epilogue:
    'Everyone who may use the control socket may log in. For other people: cordwood user add, or a token: cordwood token add.\n\n' +
    EXIT_HELP,
  async run({ args, terminal, output, signal }) {
    const link = await requestLink(await dataFolder(configOptions(args), terminal.env), signal);
    await output.write(`${link}\n`);
    return EXIT.ok;
  },
};

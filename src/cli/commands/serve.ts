import { pino } from 'pino';
import { loadSettings, type Settings } from '../../config/index.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { COMMON_FLAGS } from '../args/flags.ts';

const SERVING = 'Serving';

/** `cordwood serve`: loads the configuration, makes the log, and hands over. */
export const serve: Command = {
  name: 'serve',
  operands: '',
  about: 'Receives messages, stores them, and answers questions, until SIGTERM or Ctrl-C.',
  flags: [
    {
      name: 'listen',
      value: 'URL',
      many: true,
      group: SERVING,
      help: 'tcp://127.0.0.1:5514, udp://[::]:514?max_frame=8KiB: instead of those of the configuration; repeat for several',
    },
    {
      name: 'log-level',
      value: 'LEVEL',
      choices: ['error', 'warn', 'info', 'debug'],
      group: SERVING,
      help: 'what its log on stdout says: info by default, warn on a terminal',
    },
    ...COMMON_FLAGS,
  ],
  examples: [
    ['cordwood serve', 'with no configuration: UDP and TCP on port 5514 of this machine'],
    [
      'cordwood serve --data /tmp/logs --listen tcp://0.0.0.0:514 --listen udp://0.0.0.0:514',
      'for the network, in a folder of its own',
    ],
  ],
  epilogue:
    'Exit codes: 0 after SIGTERM or Ctrl-C; 1 a part of it failed while serving; 2 the command line or the configuration cannot be understood; 4 it cannot serve.',
  async run({ args, terminal, services }) {
    const load = () => loadSettings({ ...configOptions(args), listen: args.all('listen') }, terminal.env);
    const settings = await load();
    const level = args.text('log-level') ?? (terminal.stdout.isTTY ? 'warn' : 'info');
    const logger = pino({ level, base: null }, pino.destination({ sync: true }));
    const say = ({ notes }: Settings): void => {
      for (const text of notes) logger.warn(text);
    };
    say(settings);
    const reload = async () => {
      const next = await load();
      say(next);
      return next;
    };
    return services.serve(settings, { logger, reload, print: (text) => void terminal.stdout.write(text) });
  },
};

import { pino } from 'pino';
import { version } from '../../base/version.ts';
import { loadSettings, type Settings } from '../../config/index.ts';
import type { Listener } from '../../listen/contract.ts';
import { configOptions } from '../asking/ask.ts';
import type { ServedWeb } from '../contract.ts';
import type { Command } from '../asking/command.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { safeLog } from '../io/safe-log.ts';
import { banner } from '../views/banner.ts';

const SERVER = 'Server';

/** `cordwood serve`: loads the configuration, opens the log, and runs the server. */
export const serve: Command = {
  name: 'serve',
  operands: '',
  about: 'Runs the server: receives messages, stores them, answers searches and sends alerts, until SIGTERM or Ctrl-C.',
  flags: [
    {
      name: 'listen',
      value: 'URL',
      many: true,
      group: SERVER,
      help: 'e.g. tcp://127.0.0.1:5514 or udp://[::]:514?max_frame=8KiB, instead of listen: in the configuration; may be repeated',
    },
    {
      name: 'web',
      value: 'ADDRESS',
      group: SERVER,
      help: 'address of the web page, e.g. 127.0.0.1:8514, or off, instead of web: in the configuration',
    },
    {
      name: 'log-level',
      value: 'LEVEL',
      choices: ['error', 'warn', 'info', 'debug'],
      group: SERVER,
      help: 'the least severe level in the log on stdout; default: info, on a terminal warn',
    },
    ...COMMON_FLAGS,
  ],
  examples: [
    ['cordwood serve', 'without a configuration: receive on UDP and TCP port 5514, from this machine only'],
    [
      'cordwood serve --data /tmp/logs --listen tcp://0.0.0.0:514 --listen udp://0.0.0.0:514',
      'receive from the network, in a data folder of its own',
    ],
  ],
  epilogue:
    'Exit codes: 0 after SIGTERM or Ctrl-C; 1 a part of the server failed; 2 the command line or the configuration is ' +
    'invalid; 4 the server cannot start.',
  async run({ args, terminal, services }) {
    const flags = { ...configOptions(args), listen: args.all('listen'), web: args.text('web') };
    const load = () => loadSettings(flags, terminal.env);
    const settings = await load();
    const level = args.text('log-level') ?? (terminal.stdout.isTTY ? 'warn' : 'info');
    const logger = pino({ level, base: null }, safeLog(pino.destination({ sync: true })));
    const logNotes = ({ notes }: Settings): void => {
      for (const text of notes) logger.warn(text);
    };
    logNotes(settings);
    const reload = async () => {
      const next = await load();
      logNotes(next);
      return next;
    };
    const onServing = (listeners: readonly Listener[], web: ServedWeb | undefined): void => {
      terminal.stdout.write(
        banner(settings, { listeners, web, version: version(), interactive: terminal.stdinIsTTY ?? false }),
      );
    };
    return services.serve(settings, { logger, reload, onServing });
  },
};

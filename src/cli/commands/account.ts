import { accountText } from '../views/account-text.ts';
import { askAll, exitOf } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { scopeOf, zoneOf } from '../args/scope.ts';
import { limitOf } from '../args/limit.ts';

const HOSTS = 20;
const EPILOGUE = [
  'Received is what listeners read; it is stored, dropped by a rule of the pipeline, dropped by a limit, put aside as a ' +
    'dead letter, waiting in the spool until the store has it for good, or lost, with the reason. Beside it stands what ' +
    'was never received: datagrams that the kernel dropped, and those of addresses that may not send.',
  'Counts are kept by the minute for 12 hours, by the hour for 30 days and by the day for 400; a window is widened to ' +
    'these. They are written together with what is stored for good: a crash neither loses nor doubles any.',
  EXIT_HELP,
].join('\n\n');

/** `cordwood account`: what came, what became of it, and whether that adds up. */
export const account: Command = {
  name: 'account',
  operands: '',
  about: 'Shows for each listener and host what was received and what became of it, and says whether it balances.',
  flags: [
    ...SCOPE_FLAGS.filter(({ name }) => name === 'since' || name === 'until'),
    {
      name: 'verify',
      group: 'What is compared',
      help: 'count what the store holds of the window, too, and compare (reads an index of it all)',
    },
    { name: 'lines', short: 'n', value: 'N', group: 'How many', help: `this many hosts, ${HOSTS} by default; all` },
    outputFlag(['text', 'json'], 'text: tables and a sentence; json: one object'),
    ...ZONE_FLAGS,
    { name: 'strict', group: 'Exit code', help: 'exit 3 where it does not balance, or messages may be missing' },
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood account -S today', 'what became of all that came since midnight'],
    ["cordwood account -S '2026-11-22 03:00' -U '2026-11-22 04:00' --verify", 'whether anything was lost at night'],
  ],
  epilogue: EPILOGUE,
  async run(context) {
    const { args, terminal, output } = context;
    const { since, until } = await scopeOf(args, [], terminal.now());
    const { rows, end } = await askAll(context, 'account', {
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      ...(args.has('verify') && { verify: true }),
    });
    const found = rows[0]!;
    const hosts = limitOf(args.text('lines'), HOSTS);
    const text =
      args.text('output') === 'json'
        ? `${visibleJson(JSON.stringify({ ...found, gaps: end.gaps ?? [] }))}\n`
        : accountText(found, { zone: zoneOf(args), hosts })
            .split('\n')
            .map(visible)
            .join('\n');
    await output.write(text);
    const code = exitOf(args, true, end);
    return args.has('strict') && found.faults.length > 0 ? EXIT.uncovered : code;
  },
};

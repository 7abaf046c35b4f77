import { EXIT } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { limitOf } from '../args/limit.ts';
import { scopeOf, zoneOf } from '../args/scope.ts';
import { askAll, exitOf } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { accountText } from '../views/account-text.ts';

const HOSTS = 20;
const EPILOGUE = [
  'Received is what listeners read. It is then stored, dropped by a rule of the pipeline, dropped by a limit, set aside ' +
    'as a dead letter, waiting in the spool until it is safe in the store, or lost for the reason shown. Two more columns ' +
    'count what was never received: datagrams dropped by the kernel, and datagrams refused from addresses that may not send.',
  'Counts are kept by the minute for 12 hours, by the hour for 30 days and by the day for 400 days; the window is widened ' +
    'to match. They are written together with the messages: a crash neither loses counts nor counts twice.',
  'Exit codes: 0 success; 2 the command line or the configuration is invalid; 3 the account does not balance, with ' +
    '--verify or --strict, or messages may be missing, with --strict; 4 the server or its data cannot be read; 130 Ctrl-C.',
].join('\n\n');

/** `cordwood account`: what was received, what became of it, and whether the numbers add up. */
export const account: Command = {
  name: 'account',
  operands: '',
  about: 'Shows what each listener received, what became of it, and whether the numbers add up.',
  flags: [
    ...SCOPE_FLAGS.filter(({ name }) => name === 'since' || name === 'until'),
    {
      name: 'verify',
      group: 'Check',
      help: 'also count what the store holds, and compare (reads an index of the whole window)',
    },
    { name: 'lines', short: 'n', value: 'N', group: 'Limit', help: `show N hosts, or all; default: ${HOSTS}` },
    outputFlag(['text', 'json'], 'text: tables and a verdict; json: one object'),
    ...ZONE_FLAGS,
    { name: 'strict', group: 'Exit code', help: 'exit 3 if the account does not balance, or messages may be missing' },
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood account -S today', 'what became of everything that arrived since midnight'],
    [
      "cordwood account -S '2026-11-22 03:00' -U '2026-11-22 04:00' --verify",
      'check whether anything was lost at night',
    ],
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
        : accountText(found, { zone: zoneOf(args), hosts, gaps: end.gaps ?? [] })
            .split('\n')
            .map(visible)
            .join('\n');
    await output.write(text);
    const code = exitOf(args, true, end);
    return (args.has('strict') || args.has('verify')) && found.faults.length > 0 ? EXIT.uncovered : code;
  },
};

import { readFileSync } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import { formatDuration } from '../../base/units.ts';
import type { HostsParams, Questions } from '../../ask/contract.ts';
import { ask } from '../asking/ask.ts';
import type { Args } from '../args/args.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { hostsClock, offText } from './hosts-clock.ts';
import { table } from '../views/table.ts';

type Host = Extract<Questions['hosts']['row'], { host: string }>;

/** As `hosts clock` has it, ms. */
const WRONG_MS = 60_000;
const CLOCK_FLAGS = ['all', 'apply', 'zone', 'unset'];
const EPILOGUE = [
  'A host is known after 24 hours and 20 messages. The ledger is written every minute, a large one every five.',
  'A clock is judged by samples of stamps against their arrival, one in five minutes, the last nine of them. Stamps ' +
    'that carry no zone (RFC 3164) are read in the zone set here for the host; else in that of its network (zones:), ' +
    'of its listener, of the configuration (zone:), of this machine. The first of these counts.',
  EXIT_HELP,
].join('\n\n');

/** `cordwood hosts`: every host that ever sent, which are silent, and which are awaited. */
export const hosts: Command = {
  name: 'hosts',
  operands: '[expect FILE | retire HOST | clock [HOST…]]',
  about: 'Shows every host that ever sent: since when, how, by which clock, and whether it has fallen silent.',
  flags: [
    { name: 'silent', group: 'Which hosts', help: 'those only that say nothing for longer than is usual' },
    { name: 'all', group: 'Clocks', help: 'clock: also those that are right' },
    { name: 'apply', group: 'Clocks', help: 'clock: read their stamps in the zone that they look like, from now on' },
    { name: 'zone', value: 'ZONE', group: 'Clocks', help: 'clock --apply: in this zone, e.g. Europe/Berlin or +02:00' },
    { name: 'unset', group: 'Clocks', help: 'clock: take back what --apply has set for these hosts' },
    outputFlag(['text', 'json'], 'text: a table; json: an object a line'),
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood hosts --silent', 'who should have said something by now'],
    ['cordwood hosts expect hosts.txt', 'wait for these, a name a line, also where they never sent'],
    ['cordwood hosts retire db3', 'wait for it no more, until it sends again'],
    ['cordwood hosts clock', 'whose stamps are off by a minute or more, by how much, and probably why'],
    ['cordwood hosts clock --apply fw1', 'read the stamps of this one in the zone that they look like'],
    ['cordwood hosts clock --apply --zone Europe/Paris fw1 fw2', 'read their stamps in this zone'],
  ],
  epilogue: EPILOGUE,
  async run(context) {
    const { args, output, terminal, note } = context;
    if (args.words[0] === 'clock') return hostsClock(context, args.words.slice(1));
    const misplaced = CLOCK_FLAGS.find((name) => args.has(name));
    if (misplaced) throw usageError(`cannot use --${misplaced} here: it is of hosts clock`);
    const params = paramsOf(args);
    const found: Host[] = [];
    await ask(context, 'hosts', params, (row) => {
      if ('host' in row && (!args.has('silent') || row.silentSince !== undefined)) found.push(row);
      return undefined;
    });
    if (params.action !== 'list') note('done: the server takes it up within a minute, or when it next starts');
    else if (args.text('output') === 'json') {
      for (const row of found) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
    } else if (found.length > 0) await output.write(tableOf(found, terminal.now()));
    if (params.action === 'list' && found.length === 0) note(args.has('silent') ? 'no host is silent' : 'no host yet');
    return EXIT.ok;
  },
};

function paramsOf(args: Args): HostsParams {
  const [action, operand, ...rest] = args.words;
  if (action === undefined) return { action: 'list' };
  if (rest.length > 0) throw usageError(`cannot read ${JSON.stringify(rest[0])}: hosts ${action} takes one word`);
  if (action === 'retire' && operand !== undefined) return { action, host: operand };
  if (action === 'expect' && operand !== undefined) return { action, hosts: namesIn(operand) };
  throw usageError(
    `cannot run hosts ${JSON.stringify(action)}: write hosts, hosts expect FILE, hosts retire HOST or hosts clock`,
  );
}

function namesIn(file: string): string[] {
  try {
    const lines = readFileSync(file === '-' ? 0 : file, 'utf8').split('\n');
    return lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
  } catch (error) {
    throw usageError(`cannot read the names of hosts in ${file}: ${reasonOf(error)}`);
  }
}

function tableOf(rows: readonly Host[], now: number): string {
  const cells = rows.map((row) => [
    row.messages.toLocaleString('en'),
    row.host,
    row.messages === 0 ? 'never' : `${formatDuration(Math.max(0, now - row.last))} ago`,
    new Date(row.first).toISOString().slice(0, 10),
    row.transports.join(','),
    row.formats.join(','),
    row.zone ?? '-',
    clockText(row.skew),
    stateOf(row, now),
  ]);
  const heads = ['messages', 'host', 'last heard', 'since', 'transport', 'format', 'zone', 'clock', 'state'];
  return table([heads, ...cells].map((line) => line.map(visible)));
}

function clockText(skew: number | undefined): string {
  if (skew === undefined) return '-';
  return Math.abs(skew) < WRONG_MS ? 'ok' : offText(skew);
}

function stateOf({ silentSince, retired, expectedSince }: Host, now: number): string {
  if (retired) return 'retired';
  if (silentSince !== undefined) return `SILENT for ${formatDuration(now - silentSince)}`;
  return expectedSince === undefined ? 'ok' : 'expected';
}

import { readFileSync } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import { formatCount } from '../../base/text.ts';
import { didYouMean, nearest } from '../../base/text/nearest.ts';
import { DAY, formatDuration, MINUTE, parseDuration } from '../../base/units.ts';
import type { HostsParams, Questions } from '../../ask/contract.ts';
import { globMatcher } from '../../model/glob.ts';
import { fold } from '../../model/tokens.ts';
import type { Args } from '../args/args.ts';
import { expandGlobs } from '../args/expand-globs.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { ask } from '../asking/ask.ts';
import type { Action, Command } from '../asking/command.ts';
import { visibleJson } from '../io/escape.ts';
import { offText } from '../views/clock-text.ts';
import { table } from '../views/table.ts';
import { hostsClock } from './hosts-clock.ts';

type Host = Extract<Questions['hosts']['row'], { host: string }>;

/** A clock that is off by this much is shown as wrong, as by `hosts clock`, ms. */
const WRONG_MS = MINUTE;
/** First words that are no names of hosts. */
const ACTIONS: readonly Action[] = [
  { name: 'expect', operands: 'FILE', words: 'file', about: 'expects the hosts of a file, one name per line' },
  { name: 'retire', operands: 'HOST', words: 'host', about: 'stops expecting a host until it sends again' },
  { name: 'clock', operands: '[HOST…]', words: 'host', about: 'lists clocks that are wrong, and corrects time zones' },
];
const ACTION_NAMES = ACTIONS.map(({ name }) => name);
const CLOCK = 'Flags of clock';
const CLOCK_FLAGS = ['all', 'apply', 'zone', 'unset'];
const EPILOGUE = [
  'A host counts as known after 24 hours and 20 messages; only a known or an expected host can be silent. The host ' +
    'ledger is saved every minute, a large one every five minutes.',
  'A clock is judged by comparing timestamps with arrivals: one sample in five minutes, the last nine of them. ' +
    'Timestamps without a time zone (RFC 3164) are read in the first of these that is set: the zone of the host (clock ' +
    '--apply), of its network (zones:), of its listener, of the configuration (zone:), of this machine.',
  EXIT_HELP,
].join('\n\n');

/** `cordwood hosts`: every host that ever sent, which are silent, and which are expected. */
export const hosts: Command = {
  name: 'hosts',
  operands: '[HOST… | expect FILE | retire HOST | clock [HOST…]]',
  actions: ACTIONS,
  words: 'host',
  about:
    'Lists hosts, all that ever sent or those named: since when, how, whether its clock is right, and whether it is silent.',
  flags: [
    { name: 'silent', group: 'Hosts', help: 'only hosts that have been silent for longer than usual' },
    {
      name: 'within',
      value: 'DURATION',
      group: 'Hosts',
      help: 'with expect: how long a host may take to send its first message (default 1d)',
    },
    { name: 'all', group: CLOCK, help: 'also list clocks that are right' },
    {
      name: 'apply',
      group: CLOCK,
      help: 'from now on, read the timestamps of these hosts in the time zone that they appear to use',
    },
    {
      name: 'zone',
      value: 'ZONE',
      source: 'zone',
      group: CLOCK,
      help: 'with --apply: use this time zone, e.g. Europe/Berlin or +02:00',
    },
    { name: 'unset', group: CLOCK, help: 'undo --apply for these hosts' },
    outputFlag(['text', 'json'], 'text: a table; json: one object per line'),
    ...ASKING_FLAGS,
  ],
  examples: [
    ["cordwood hosts web1 'db*'", 'these hosts: are they still sending?'],
    ['cordwood hosts --silent', 'hosts that should have sent something by now'],
    ['cordwood hosts expect hosts.txt', 'expect these hosts (one name per line), even if they have never sent'],
    ['cordwood hosts expect --within 1h hosts.txt', 'the same; a host that sends nothing within an hour is silent'],
    ['cordwood hosts retire db3', 'stop expecting a host until it sends again'],
    ['cordwood hosts clock', 'clocks that are off by a minute or more, by how much, and the likely cause'],
    ['cordwood hosts clock --apply fw1', 'read its timestamps in the time zone that it appears to use'],
    ['cordwood hosts clock --apply --zone Europe/Paris fw1 fw2', 'read their timestamps in this time zone'],
  ],
  epilogue: EPILOGUE,
  async run(context) {
    const { args, output, terminal, note } = context;
    if (args.words[0] === 'clock') return hostsClock(context, args.words.slice(1));
    const misplaced = CLOCK_FLAGS.find((name) => args.has(name));
    if (misplaced) throw usageError(`cannot use --${misplaced} here: it belongs to cordwood hosts clock`);
    const params = paramsOf(args);
    const named = params.action === 'list' ? args.words : [];
    const wanted = matcherOf(named);
    const known: Host[] = [];
    await ask(context, 'hosts', params, (row) => {
      if ('host' in row) known.push(row);
      return undefined;
    });
    const chosen = known.filter(({ host }) => wanted(host));
    const found = chosen.filter(({ silentSince }) => !args.has('silent') || silentSince !== undefined);
    if (params.action !== 'list') note('done: takes effect within a minute, or when the server next starts');
    else if (args.text('output') === 'json') {
      for (const row of found) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
    } else if (found.length > 0) await output.write(hostsText(found, terminal.now()));
    if (params.action === 'list' && found.length === 0) note(nothingText(args, chosen, known));
    return EXIT.ok;
  },
};

/** Whether a host is among those named, as `-H` takes them; without a name, each is. */
function matcherOf(named: readonly string[]): (host: string) => boolean {
  const matchers = named.flatMap((name) => expandGlobs(name, 'hosts').map((glob) => globMatcher(fold(glob))));
  return (host) => named.length === 0 || matchers.some((matches) => matches(fold(host)));
}

/**
 * Why no host is shown.
 * @throws CordwoodError ERR_USAGE if the first word is no host and looks like a mistyped action
 */
function nothingText(args: Args, chosen: readonly Host[], known: readonly Host[]): string {
  const [name] = args.words;
  if (chosen.length > 0 || (name === undefined && args.has('silent'))) return 'no host is silent';
  if (name === undefined) return 'no host is in the ledger yet; it is saved every minute';
  const action = nearest(name, ACTION_NAMES);
  if (action !== undefined) throw usageError(`cannot run hosts ${JSON.stringify(name)}: did you mean "${action}"?`);
  const names = known.map(({ host }) => host);
  const hint = didYouMean(name, names) || '; cordwood hosts lists them';
  return `no host ${JSON.stringify(name)} is in the ledger, which is saved every minute${hint}`;
}

function paramsOf(args: Args): HostsParams {
  const [action, operand, ...rest] = args.words;
  const within = withinOf(args, action);
  if (action === undefined || !ACTION_NAMES.includes(action)) return { action: 'list' };
  if (rest.length > 0) throw usageError(`cannot read ${JSON.stringify(rest[0])}: hosts ${action} takes one word`);
  if (action === 'retire' && operand !== undefined) return { action, host: operand };
  if (action === 'expect' && operand !== undefined)
    return { action, hosts: namesIn(operand), ...(within !== undefined && { within }) };
  if (action === 'retire') throw usageError('cannot retire a host: name it, e.g. cordwood hosts retire db3');
  throw usageError('cannot expect hosts: name a file with one host per line, e.g. cordwood hosts expect hosts.txt');
}

function withinOf(args: Args, action: string | undefined): number | undefined {
  const text = args.text('within');
  if (text === undefined) return undefined;
  if (action !== 'expect') throw usageError('cannot use --within here: it belongs to cordwood hosts expect');
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= MINUTE && ms <= 31 * DAY) return ms;
  throw usageError(`cannot read --within ${text}: it takes a duration from 1m to 31d, e.g. 1h`);
}

function namesIn(file: string): string[] {
  try {
    const lines = readFileSync(file === '-' ? 0 : file, 'utf8').split('\n');
    return lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
  } catch (error) {
    throw usageError(`cannot read host names from ${file}: ${reasonOf(error)}`);
  }
}

function hostsText(rows: readonly Host[], now: number): string {
  const cells = rows.map((row) => [
    formatCount(row.messages),
    row.host,
    row.messages === 0 ? 'never' : `${formatDuration(Math.max(0, now - row.last))} ago`,
    new Date(row.first).toISOString().slice(0, 10),
    row.transports.join(','),
    row.formats.join(','),
    row.zone ?? '-',
    clockText(row.skew),
    stateText(row, now),
  ]);
  const heads = ['messages', 'host', 'last message', 'since', 'transport', 'format', 'zone', 'clock', 'state'];
  return `${table([heads, ...cells], 'rl')}\n`;
}

function clockText(skew: number | undefined): string {
  if (skew === undefined) return '-';
  return Math.abs(skew) < WRONG_MS ? 'ok' : offText(skew);
}

function stateText({ silentSince, retired, expectedSince, expectedWithin = DAY, messages }: Host, now: number): string {
  if (retired) return 'retired';
  if (silentSince !== undefined) return `SILENT for ${formatDuration(now - silentSince)}`;
  if (expectedSince === undefined) return 'ok';
  return messages === 0 ? `expected within ${formatDuration(expectedWithin)}` : 'expected';
}

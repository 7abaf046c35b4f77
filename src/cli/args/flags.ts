import type { Flag } from './flag.ts';

const GENERAL = 'In general';

/** Flags of every command. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: 'help', short: 'h', group: GENERAL, help: 'print this and exit' },
  {
    name: 'config',
    value: 'FILE',
    group: GENERAL,
    help: 'the configuration (CORDWOOD_CONFIG; /etc/cordwood/cordwood.yaml)',
  },
  { name: 'data', value: 'DIR', group: GENERAL, help: 'the data folder (CORDWOOD_DATA; data: in the configuration)' },
];

/** Flags of every command that asks. */
export const ASKING_FLAGS: readonly Flag[] = [
  ...COMMON_FLAGS,
  { name: 'quiet', short: 'q', group: GENERAL, help: 'no notes on stderr' },
  { name: 'verbose', group: GENERAL, help: 'say on stderr which window and zone were meant and who answered' },
];

const WHICH = 'Which messages';

/** Flags that say which messages are meant. */
export const SCOPE_FLAGS: readonly Flag[] = [
  {
    name: 'since',
    short: 'S',
    aliases: ['from'],
    value: 'TIME',
    group: WHICH,
    help: 'that arrived at or after; all lifts the default of the last 24 hours',
  },
  { name: 'until', short: 'U', aliases: ['to'], value: 'TIME', group: WHICH, help: 'that arrived before' },
  {
    name: 'priority',
    short: 'p',
    value: 'LEVEL',
    group: WHICH,
    help: 'of this level and worse (err), or of a range (warning..err); names or 0-7',
  },
  {
    name: 'host',
    short: 'H',
    value: 'GLOB',
    many: true,
    group: WHICH,
    help: 'of this host; * and ? are wildcards; repeat for several',
  },
  {
    name: 'tag',
    short: 't',
    aliases: ['app'],
    value: 'GLOB',
    many: true,
    group: WHICH,
    help: 'of this program; repeat for several',
  },
  {
    name: 'facility',
    value: 'NAME',
    many: true,
    group: WHICH,
    help: 'of this facility: a name, a number or a,b; help lists them',
  },
  {
    name: 'grep',
    short: 'g',
    value: 'PATTERN',
    many: true,
    group: WHICH,
    help: 'whose text matches (RE2); without capitals, whatever its case',
  },
  { name: 'exclude', short: 'v', value: 'QUERY', many: true, group: WHICH, help: 'leave out what this query finds' },
];

const TIMES = 'Times';

/** Flags that say how times are read and shown. */
export const ZONE_FLAGS: readonly Flag[] = [
  { name: 'utc', group: TIMES, help: 'read and show times in UTC' },
  {
    name: 'timezone',
    value: 'ZONE',
    group: TIMES,
    help: "read and show times in this zone, e.g. Europe/Berlin; else this machine's",
  },
];

const ENDING = 'Exit code';

/** Flags that let the exit code say more. */
export const ENDING_FLAGS: readonly Flag[] = [
  { name: 'exit-code', group: ENDING, help: 'exit 1 where nothing was found' },
  { name: 'strict', group: ENDING, help: 'exit 3 where retention, damage, a gap or -n left a part of the window out' },
];

export const COLOR_FLAG: Flag = {
  name: 'color',
  aliases: ['colour'],
  value: 'WHEN',
  choices: ['auto', 'always', 'never'],
  group: 'How they are shown',
  help: 'auto (on a terminal, unless NO_COLOR is set), always or never',
};

/** `-o` of a command with formats of its own. */
export function outputFlag(choices: readonly string[], help: string): Flag {
  return { name: 'output', short: 'o', value: 'FORMAT', choices, group: 'How they are shown', help };
}

/** For the help of commands that take times and queries. */
export const QUERY_HELP = [
  'Queries: words that must all occur, in any order, and what they are asked of: disk "no space" hostname:web* ' +
    'severity:<=err NOT debug (a OR b) sd.origin.ip:10.0.0.1 /time(d )?out/. Quote for the shell: \'"no space"\'. ' +
    'field=value is one value of a field; the same field twice means either. A word that begins with - goes behind --.',
  'Times: 2026-11-22 16:20[:01], 2026-11-22, 16:20, today, yesterday, now, -1h, 1h30m (ago), +5m, ' +
    '2026-11-22T16:20:01Z, @1790000000.',
].join('\n\n');

import type { Flag } from './flag.ts';

const GENERAL = 'General';
/** The heading for flags that choose formats, colours and the like. */
export const OUTPUT = 'Output';
/** The heading for flags that choose messages. */
export const MESSAGES = 'Messages';

/** Flags of every command. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: 'help', short: 'h', group: GENERAL, help: 'print this help and exit' },
  {
    name: 'config',
    value: 'FILE',
    source: 'file',
    group: GENERAL,
    help: 'the configuration file; default: CORDWOOD_CONFIG, else /etc/cordwood/cordwood.yaml',
  },
  {
    name: 'data',
    value: 'DIR',
    source: 'folder',
    group: GENERAL,
    help: 'the data folder; default: CORDWOOD_DATA, else data: in the configuration',
  },
];

const ELSEWHERE = 'A server on another machine';

/** Flags that choose a server on another machine. */
const REMOTE_FLAGS: readonly Flag[] = [
  {
    name: 'server',
    value: 'URL',
    group: ELSEWHERE,
    help: 'ask this server, e.g. https://logs.example.org; default: CORDWOOD_SERVER, else the one on this machine',
  },
  {
    name: 'token-file',
    value: 'FILE',
    source: 'file',
    group: ELSEWHERE,
    help: 'a file with the token for it, see cordwood token add; default: CORDWOOD_TOKEN_FILE',
  },
  { name: 'ca', value: 'FILE', source: 'file', group: ELSEWHERE, help: 'trust the CA certificates in this file, too' },
];

/** Flags of every command that asks the server or the store. */
export const ASKING_FLAGS: readonly Flag[] = [
  ...COMMON_FLAGS,
  ...REMOTE_FLAGS,
  { name: 'quiet', short: 'q', group: GENERAL, help: 'print no notes on stderr' },
  { name: 'verbose', group: GENERAL, help: 'note on stderr which window and time zone were used, and who answered' },
];

/** Flags that choose messages. */
export const SCOPE_FLAGS: readonly Flag[] = [
  {
    name: 'since',
    short: 'S',
    aliases: ['from'],
    value: 'TIME',
    source: 'time',
    group: MESSAGES,
    help: 'only what arrived at TIME or later; default: the last 24 hours; all: from the beginning',
  },
  {
    name: 'until',
    short: 'U',
    aliases: ['to'],
    value: 'TIME',
    source: 'time',
    group: MESSAGES,
    help: 'only what arrived before TIME',
  },
  {
    name: 'priority',
    short: 'p',
    value: 'LEVEL',
    source: 'severity',
    group: MESSAGES,
    help: 'only this severity and worse (err), or a range (warning..err); names or 0-7',
  },
  {
    name: 'host',
    short: 'H',
    value: 'GLOB',
    many: true,
    source: 'host',
    group: MESSAGES,
    help: 'only this host; * and ? are wildcards; repeat it for several hosts',
  },
  {
    name: 'tag',
    short: 't',
    aliases: ['app'],
    value: 'GLOB',
    many: true,
    source: 'program',
    group: MESSAGES,
    help: 'only this program; * and ? are wildcards; repeat it for several programs',
  },
  {
    name: 'facility',
    value: 'NAME',
    many: true,
    source: 'facility',
    group: MESSAGES,
    help: 'only this facility: a name, a number, or a list (a,b); help lists them all',
  },
  {
    name: 'grep',
    short: 'g',
    value: 'PATTERN',
    many: true,
    group: MESSAGES,
    help: 'only text that matches this regular expression (RE2); case matters only if it has capitals',
  },
  {
    name: 'exclude',
    short: 'v',
    value: 'QUERY',
    many: true,
    source: 'query',
    group: MESSAGES,
    help: 'leave out messages that match this query',
  },
];

const TIMES = 'Times';

/** Flags that choose the time zone for reading and showing times. */
export const ZONE_FLAGS: readonly Flag[] = [
  { name: 'utc', group: TIMES, help: 'read and show times in UTC' },
  {
    name: 'timezone',
    value: 'ZONE',
    source: 'zone',
    group: TIMES,
    help: "read and show times in this zone, e.g. Europe/Berlin; default: this machine's zone",
  },
];

const EXIT_CODE = 'Exit code';

/** Flags that make the exit code say more. */
export const EXIT_CODE_FLAGS: readonly Flag[] = [
  { name: 'exit-code', group: EXIT_CODE, help: 'exit 1 if nothing was found' },
  {
    name: 'strict',
    group: EXIT_CODE,
    help: 'exit 3 if part of the window is missing: because of retention, damage, a gap, or -n',
  },
];

export const COLOR_FLAG: Flag = {
  name: 'color',
  aliases: ['colour'],
  value: 'WHEN',
  choices: ['auto', 'always', 'never'],
  group: OUTPUT,
  help: 'auto (the default: on a terminal, unless NO_COLOR is set), always or never',
};

/** `-o` of a command with formats of its own. */
export function outputFlag(choices: readonly string[], help: string): Flag {
  return { name: 'output', short: 'o', value: 'FORMAT', choices, group: OUTPUT, help };
}

/** For the help of commands that take times and queries. */
export const QUERY_HELP = [
  'Queries: words that must all occur, in any order, and conditions on fields, e.g. disk "no space" hostname:web* ' +
    'severity:<=err NOT debug (a OR b) sd.origin.ip:10.0.0.1 /time(d )?out/. Quote them for the shell: \'"no space"\'. ' +
    'field=value matches one value of a field; the same field twice matches either value. Put words that begin with - after --.',
  'Times: 2026-11-22 16:20[:01], 2026-11-22, 16:20, today, yesterday, now, -1h or 1h30m (ago), +5m, ' +
    '2026-11-22T16:20:01Z, @1790000000 (seconds since 1970).',
].join('\n\n');

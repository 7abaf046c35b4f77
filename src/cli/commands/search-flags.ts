import type { Flag } from '../args/flag.ts';
import {
  ASKING_FLAGS,
  COLOR_FLAG,
  EXIT_CODE_FLAGS,
  OUTPUT,
  outputFlag,
  SCOPE_FLAGS,
  ZONE_FLAGS,
} from '../args/flags.ts';
import { FORMATS } from '../formats/registry.ts';

const RESULT = 'Result';
const FOLLOW = 'Follow';

/** `--fields` of commands that show messages. */
export const FIELDS_FLAG: Flag = {
  name: 'fields',
  value: 'A,B',
  source: 'field',
  group: OUTPUT,
  help: 'show only these fields; with -o json, csv, logfmt, verbose, cat',
};

/** The flags of `search`. */
export const SEARCH_FLAGS: readonly Flag[] = [
  ...SCOPE_FLAGS,
  {
    name: 'lines',
    short: 'n',
    aliases: ['tail'],
    value: 'N',
    otherwise: { value: '10', takes: /^(\+?\d+(?:[km]|e\d+)?|all)$/i },
    group: RESULT,
    help: 'the newest N messages (10 without a number), +N for the oldest N, or all',
  },
  { name: 'reverse', short: 'r', group: RESULT, help: 'show the newest first' },
  { name: 'after', short: 'A', value: 'N', group: RESULT, help: 'also show N lines of the same host after each match' },
  {
    name: 'before',
    short: 'B',
    value: 'N',
    group: RESULT,
    help: 'also show N lines of the same host before each match',
  },
  { name: 'context', short: 'C', value: 'N', group: RESULT, help: 'the same as -A N -B N' },
  {
    name: 'field',
    short: 'F',
    value: 'FIELD',
    source: 'field',
    group: RESULT,
    help: 'show the values of this field with their counts, instead of messages',
  },
  outputFlag(
    FORMATS.map(({ name }) => name),
    'one of the formats below; default: short',
  ),
  FIELDS_FLAG,
  COLOR_FLAG,
  { name: 'no-pager', group: OUTPUT, help: 'do not use $PAGER (less) on a terminal' },
  ...ZONE_FLAGS,
  {
    name: 'follow',
    short: 'f',
    group: FOLLOW,
    help: 'show the last 10 matches, then new ones as they arrive, until Ctrl-C',
  },
  {
    name: 'wait-for',
    value: 'PATTERN',
    group: FOLLOW,
    help: 'show new messages that match, and exit 0 after the first',
  },
  { name: 'count', value: 'N', group: FOLLOW, help: 'with --wait-for: exit after N matches' },
  {
    name: 'timeout',
    value: 'TIME',
    group: FOLLOW,
    help: 'with --wait-for or -f: exit 124 after this time, e.g. 60s or 10m',
  },
  {
    name: 'cursor-file',
    value: 'FILE',
    source: 'file',
    group: FOLLOW,
    help: 'begin where the last search with this file ended, and save there where this one ends',
  },
  ...EXIT_CODE_FLAGS,
  ...ASKING_FLAGS,
];

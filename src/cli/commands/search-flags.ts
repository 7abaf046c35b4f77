import type { Flag } from '../args/flag.ts';
import { ASKING_FLAGS, COLOR_FLAG, ENDING_FLAGS, outputFlag, SCOPE_FLAGS, ZONE_FLAGS } from '../args/flags.ts';
import { FORMATS } from '../formats/registry.ts';

const HOW_MANY = 'How many, in which order';
const SHOWN = 'How they are shown';
const WAITING = 'What is yet to come';

/** The flags of `search`. */
export const SEARCH_FLAGS: readonly Flag[] = [
  ...SCOPE_FLAGS,
  {
    name: 'lines',
    short: 'n',
    aliases: ['tail'],
    value: 'N',
    otherwise: { value: '10', takes: /^(\+?\d+|all)$/ },
    group: HOW_MANY,
    help: 'the newest N (10 without a number), +N the oldest, all',
  },
  { name: 'reverse', short: 'r', group: HOW_MANY, help: 'the newest first' },
  { name: 'after', short: 'A', value: 'N', group: HOW_MANY, help: 'and N lines of the same host after each match' },
  { name: 'before', short: 'B', value: 'N', group: HOW_MANY, help: 'and N lines before' },
  { name: 'context', short: 'C', value: 'N', group: HOW_MANY, help: 'and N lines on both sides' },
  {
    name: 'field',
    short: 'F',
    value: 'FIELD',
    group: HOW_MANY,
    help: 'the values of this field with their counts, instead of messages',
  },
  outputFlag(
    FORMATS.map(({ name }) => name),
    'one of the formats below; short by default',
  ),
  { name: 'fields', value: 'A,B', group: SHOWN, help: 'these fields only, with -o json, csv, logfmt, verbose, cat' },
  COLOR_FLAG,
  { name: 'no-pager', group: SHOWN, help: 'not through $PAGER (less), as it is on a terminal' },
  ...ZONE_FLAGS,
  { name: 'follow', short: 'f', group: WAITING, help: 'show the last 10, then what arrives, until Ctrl-C' },
  {
    name: 'wait-for',
    value: 'PATTERN',
    group: WAITING,
    help: 'show what matches as it arrives and exit 0 with the first',
  },
  { name: 'count', value: 'N', group: WAITING, help: 'with --wait-for: with the Nth' },
  { name: 'timeout', value: 'TIME', group: WAITING, help: 'with --wait-for or -f: exit 124 after 60s, 10m …' },
  {
    name: 'cursor-file',
    value: 'FILE',
    group: WAITING,
    help: 'begin after what the last search with this file showed, and note there how far this one came',
  },
  ...ENDING_FLAGS,
  ...ASKING_FLAGS,
];

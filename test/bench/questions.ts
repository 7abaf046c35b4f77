import type { Client, QuestionName, Questions } from '../../src/ask/contract.ts';
import { rowsOf } from './asking.ts';
import { COMMON_WORD, HOST, LITERAL, PATTERN, RARE_WORD } from './corpus.ts';
import type { Tool } from './shell.ts';
import { say } from './table.ts';
import { median } from './usage.ts';
import type { WholeCorpus } from './whole-corpus.ts';

const ROUNDS = 7;
const HOUR = 3_600_000;
/** No text of any length to look for in it; structured data has quotes after its `=`. */
const LOOSE_PATTERN = '=[a-f]{6}';

export type Question = {
  readonly name: string;
  readonly ask: (client: Client, corpus: WholeCorpus) => Promise<number>;
  /** ms, at most, for 2,000,000 lines. */
  readonly goal?: number;
  /** The same question in the shell, over the file of the lines or its gzip: there the whole line is looked at. */
  readonly shell?: (corpus: WholeCorpus) => readonly Tool[];
  /** The shell goes by the senders' clocks: at the edges of a window it finds a few more or fewer. */
  readonly bySender?: true;
};

export const QUESTIONS: readonly Question[] = [
  {
    name: 'newest 100 lines',
    goal: 20,
    ask: (client, { start }) => rows(client, 'search', { since: start, limit: 100 }),
    shell: () => [{ tool: 'tail', script: 'tail -n 100 "$FILE"' }],
  },
  {
    name: 'newest 100 of a host at err or worse',
    goal: 40,
    ask: (client, { start }) =>
      rows(client, 'search', { since: start, limit: 100, query: `hostname:${HOST} severity:<=err` }),
    shell: () => [{ tool: 'awk', script: `awk '$3 == "${HOST}" && substr($1, 2) % 8 <= 3' "$FILE" | tail -n 100` }],
  },
  {
    name: 'a rare word, all of it',
    goal: 200,
    ask: (client, { start }) => rows(client, 'search', { since: start, query: RARE_WORD }),
    shell: () => words(RARE_WORD, ''),
  },
  {
    name: 'a common word, newest 100',
    ask: (client, { start }) => rows(client, 'search', { since: start, limit: 100, query: COMMON_WORD }),
    shell: () => words(COMMON_WORD, ' | tail -n 100'),
  },
  {
    name: 'a literal, counted over 24 h',
    goal: 800,
    ask: (client, { start }) => count(client, { since: start, query: `"${LITERAL}"` }),
    shell: () => counted(`-F '${LITERAL}'`),
  },
  {
    name: 'a literal, counted in one hour',
    bySender: true,
    ask: (client, corpus) => {
      const since = busyHour(corpus);
      return count(client, { since, until: since + HOUR, query: `"${LITERAL}"` });
    },
    shell: (corpus) => counted(`'${new Date(busyHour(corpus)).toISOString().slice(0, 13)}.*${LITERAL}'`),
  },
  {
    name: 'a pattern with a literal in it, counted',
    ask: (client, { start }) => count(client, { since: start, query: `/${PATTERN}/i` }),
    shell: () => counted(`-E '${PATTERN.replaceAll('\\d', '[0-9]')}'`),
  },
  {
    name: 'a pattern without one, counted',
    ask: (client, { start }) => count(client, { since: start, query: `/${LOOSE_PATTERN}/i` }),
    shell: () => counted(`-E '${LOOSE_PATTERN}'`),
  },
  {
    name: 'counted by severity and five minutes',
    goal: 150,
    ask: (client, { start }) => rows(client, 'hist', { since: start, by: 'severity', every: 300_000 }),
    shell: () => [
      {
        tool: 'awk',
        script: `awk '{ split(substr($2, 12, 5), t, ":"); n[substr($2, 1, 10), t[1], int(t[2] / 5), substr($1, 2) % 8]++ } END { for (k in n) print k, n[k] }' "$FILE"`,
      },
    ],
  },
  {
    name: 'top 10 of host and program',
    ask: (client, { start }) => rows(client, 'top', { since: start, fields: ['hostname', 'appname'], limit: 10 }),
    shell: () => [
      {
        tool: 'awk',
        script: `awk '{ n[$3 " " $4]++ } END { for (k in n) print n[k], k }' "$FILE" | sort -rn | head -n 10`,
      },
    ],
  },
];

/** ms, the median of some askings within this process after one that is not counted, and how much came back. */
export async function askWarm(
  { name, ask }: Question,
  client: Client,
  corpus: WholeCorpus,
): Promise<{ readonly ms: number; readonly first: number; readonly answers: number }> {
  const times: number[] = [];
  let answers = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    answers = await ask(client, corpus);
    times.push(performance.now() - began);
  }
  const [first, ...warm] = times;
  const ms = median(warm);
  say(`${name}: ${ms.toFixed(1)} ms, first ${first!.toFixed(1)} ms, ${answers} answers`);
  return { ms, first: first!, answers };
}

/** An hour on the clock's face in the busier half of the day, wherever the day begins. */
function busyHour({ start }: WholeCorpus): number {
  return Math.ceil((start + 12 * HOUR) / HOUR) * HOUR;
}

async function rows<Name extends QuestionName>(client: Client, name: Name, params: Questions[Name]['params']) {
  return (await rowsOf(client, name, params)).length;
}

async function count(client: Client, params: Questions['count']['params']): Promise<number> {
  return (await rowsOf(client, 'count', params))[0]!.count;
}

function words(word: string, end: string): Tool[] {
  return [
    { tool: 'rg', script: `rg -iw ${word} "$FILE"${end}` },
    { tool: 'grep', script: `grep -iw ${word} "$FILE"${end}` },
    { tool: 'zgrep', script: `zgrep -iw ${word} "$FILE.gz"${end}` },
  ];
}

function counted(what: string): Tool[] {
  return [
    { tool: 'rg', script: `rg -ic ${what.replace(/^-E /, '')} "$FILE"` },
    { tool: 'grep', script: `grep -ic ${what} "$FILE"` },
    { tool: 'zgrep', script: `zgrep -ic ${what} "$FILE.gz"` },
  ];
}

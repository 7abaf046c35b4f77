import { spawnSync } from 'node:child_process';
import type { Client, QuestionName, Questions } from '../../src/ask/contract.ts';
import { find } from '../support/require.ts';
import { rowsOf } from './asking.ts';
import { HOST, RARE_WORD } from './corpus.ts';
import { milliseconds, type Row, say, times } from './table.ts';
import { median } from './usage.ts';
import type { VictoriaLogs } from './victorialogs.ts';

/* The questions that Cordwood and VictoriaLogs are asked in turns, about the same lines. */

const ROUNDS = 7;

/** What the texts of a corpus have to be asked for. */
export type Sought = {
  readonly name: string;
  readonly word: string;
  readonly phrase: string;
  readonly part: string;
  readonly pattern: string;
  readonly loosePattern: string;
};

export const BENCH_TEXTS: Sought = {
  name: 'corpus of the bench',
  word: 'timeout',
  phrase: 'upstream timed out',
  part: 'quest_i',
  pattern: 'duration=\\d{3}ms request_id=',
  loosePattern: '=[a-f]{6}',
};
export const REAL_TEXTS: Sought = {
  name: 'lines of well-known programs',
  word: 'failed',
  phrase: 'invalid user',
  part: 'artiti',
  pattern: 'port \\d{5} ssh2',
  loosePattern: '[0-9][a-f]{3}-',
};

export type AskedBy = {
  readonly client: Client;
  readonly peer: VictoriaLogs | undefined;
  /** ms since 1970 */
  readonly since: number;
  /** The file of the same lines, for rg. */
  readonly file?: string;
};

type Asked = {
  readonly name: string;
  readonly ours: (client: Client, since: number) => Promise<number>;
  /** LogsQL. */
  readonly theirs: string;
  /** The arguments of rg before the file, as far as it can answer. */
  readonly rg?: readonly string[];
};

export function peerQuestions({ word, phrase, part, pattern, loosePattern }: Sought): Asked[] {
  const counted = (name: string, query: string, theirs: string, rg: readonly string[]): Asked => ({
    name,
    ours: (client, since) => count(client, { since, query }),
    theirs: `${theirs} | count() n`,
    rg: ['-c', ...rg],
  });
  return [
    counted('count: absent word', 'nosuchword', 'nosuchword', ['-iw', 'nosuchword']),
    counted('count: word with many hits', word, word, ['-iw', word]),
    counted('count: phrase', `"${phrase}"`, `"${phrase}"`, ['-iwF', phrase]),
    counted('count: part of a word', `*${part}*`, `~"${part}"`, ['-iF', part]),
    counted('count: pattern with a literal', `/${pattern}/`, `~"${pattern.replaceAll('\\', '\\\\')}"`, [pattern]),
    counted('count: pattern without', `/${loosePattern}/`, `~"${loosePattern}"`, [loosePattern]),
    {
      name: 'a rare word, all of it',
      ours: (client, since) => rows(client, 'search', { since, query: RARE_WORD }),
      theirs: RARE_WORD,
      rg: ['-iw', RARE_WORD],
    },
    {
      name: 'newest 100',
      ours: (client, since) => rows(client, 'search', { since, limit: 100 }),
      theirs: '* | sort by (_time desc) limit 100',
    },
    {
      name: 'newest 100 of a host at err or worse',
      ours: (client, since) => rows(client, 'search', { since, limit: 100, query: `hostname:${HOST} severity:<=err` }),
      theirs: `hostname:="${HOST}" severity:in(0,1,2,3) | sort by (_time desc) limit 100`,
    },
    {
      name: 'by severity and five minutes',
      ours: (client, since) => rows(client, 'hist', { since, by: 'severity', every: 300_000 }),
      theirs: '* | stats by (_time:5m, severity) count() n',
    },
    {
      name: 'top 10 of host and program',
      ours: (client, since) => rows(client, 'top', { since, fields: ['hostname', 'appname'], limit: 10 }),
      theirs: '* | stats by (hostname, app_name) count() n | sort by (n desc) limit 10',
    },
  ];
}

/** In turns; the first answers are shown, too, since nothing was cached by then. */
export async function askBoth({ name, ours, theirs, rg }: Asked, { client, peer, since, file }: AskedBy): Promise<Row> {
  const [mine, other, grep]: [number[], number[], number[]] = [[], [], []];
  const program = find('rg');
  let answers = 0;
  let rowsThere: string[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    answers = await ours(client, since);
    mine.push(performance.now() - began);
    if (peer) {
      const asked = performance.now();
      rowsThere = await peer.ask(theirs);
      other.push(performance.now() - asked);
    }
    if (file && rg && program) {
      const asked = performance.now();
      spawnSync(program, [...rg, file], { maxBuffer: 1 << 30 });
      grep.push(performance.now() - asked);
    }
  }
  const there = rowsThere.length === 1 ? rowsThere[0] : `${rowsThere.length} rows`;
  const warm = (of: readonly number[]): number => median(of.slice(1));
  const shown = (of: readonly number[]): string => `${milliseconds(warm(of))} (first ${milliseconds(of[0]!)})`;
  const texts = [
    `${name}: ${answers} in ${shown(mine)}`,
    ...(peer ? [`VictoriaLogs ${there} in ${shown(other)}, ${times(warm(other) / warm(mine))}`] : []),
    ...(grep.length > 0 ? [`rg ${shown(grep)}, ${times(warm(grep) / warm(mine))}`] : []),
  ];
  say(`  ${texts.join('; ')}`);
  const beside = peer && {
    peer: `VictoriaLogs ${shown(other)}`,
    ratio: times(warm(other) / warm(mine)),
    goal: '≥ 1×',
    met: warm(other) >= warm(mine),
  };
  return { claim: name, ours: shown(mine), ...beside };
}

async function rows<Name extends QuestionName>(client: Client, name: Name, params: Questions[Name]['params']) {
  return (await rowsOf(client, name, params)).length;
}

async function count(client: Client, params: Questions['count']['params']): Promise<number> {
  return (await rowsOf(client, 'count', params))[0]!.count;
}

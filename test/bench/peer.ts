import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, QuestionName, Questions } from '../../src/ask/contract.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { clientOf, countOf, rowsOf } from './asking.ts';
import { DAY, HOST } from './corpus.ts';
import { bytesIn } from './ingest.ts';
import { send } from './send.ts';
import { milliseconds, type Row, say, times } from './table.ts';
import { median, usageOf } from './usage.ts';
import { startVictoriaLogs, type VictoriaLogs } from './victorialogs.ts';
import type { WholeCorpus } from './whole-corpus.ts';
import { expectCount } from './wrong.ts';

/*
 * The same lines and questions to Cordwood and to VictoriaLogs, in turns in one run: taking lines in
 * over one TCP connection, settling included, and ten questions. Words, phrases and patterns have many
 * hits. Ours ignore case; those of VictoriaLogs do not, which is faster there.
 */

const ROUNDS = 7;
const DEADLINE_MS = 180_000;
/** In this time, both have merged and written what they do later. */
const SETTLE_MS = 20_000;
const LOOK_MS = 200;

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

type Asked = {
  readonly name: string;
  readonly ours: (client: Client, since: number) => Promise<number>;
  /** LogsQL. */
  readonly theirs: string;
};

function questionsFor({ word, phrase, part, pattern, loosePattern }: Sought): Asked[] {
  const counted = (name: string, query: string, theirs: string): Asked => ({
    name,
    ours: (client, since) => count(client, { since, query }),
    theirs: `${theirs} | count() n`,
  });
  return [
    counted('count: absent word', 'nosuchword', 'nosuchword'),
    counted('count: word with many hits', word, word),
    counted('count: phrase', `"${phrase}"`, `"${phrase}"`),
    counted('count: part of a word', `*${part}*`, `~"${part}"`),
    counted('count: pattern with a literal', `/${pattern}/`, `~"${pattern.replaceAll('\\', '\\\\')}"`),
    counted('count: pattern without', `/${loosePattern}/`, `~"${loosePattern}"`),
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

type Intake = { readonly seconds: number; readonly cpu: number; readonly bytesPerLine: number };

/** Both, beside each other; without VictoriaLogs, ours alone. */
export async function benchPeer(corpus: WholeCorpus, bin: string, sought: Sought): Promise<Row[]> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, bin, listen: ['tcp://127.0.0.1:0'] });
  const ours = await ourIntake(server, folder.path, corpus);
  await using client = await clientOf(folder.path);
  expectCount('lines stored beside VictoriaLogs', await countOf(client), corpus.lines);
  await using peer = await startVictoriaLogs();
  const theirs = peer && (await theirIntake(peer, corpus));
  const asked: Row[] = [];
  for (const question of questionsFor(sought)) asked.push(await askBoth(question, client, peer));
  await client[Symbol.asyncDispose]();
  await server.kill('SIGTERM');
  return [...intakeRows(ours, theirs), ...asked].map((row) => ({ ...row, claim: `${sought.name}: ${row.claim}` }));
}

async function ourIntake(server: Server, data: string, corpus: WholeCorpus): Promise<Intake> {
  const stored = async () => {
    await sleep(LOOK_MS);
    return (await server.stats()).counters['writer.messages']! >= corpus.lines;
  };
  const port = await server.port('tcp0');
  return await intake({ pid: server.child.pid!, port, stored, folder: join(data, 'store') }, corpus);
}

async function theirIntake(peer: VictoriaLogs, corpus: WholeCorpus): Promise<Intake> {
  const stored = async () => {
    await sleep(LOOK_MS);
    return Number(JSON.parse((await peer.ask('* | count() n'))[0] ?? '{"n":"0"}').n) >= corpus.lines;
  };
  return await intake({ pid: peer.pid, port: peer.port, stored, folder: peer.folder }, corpus);
}

async function intake(
  { pid, port, stored, folder }: { pid: number; port: number; stored: () => Promise<boolean>; folder: string },
  { file, lines }: WholeCorpus,
): Promise<Intake> {
  const before = usageOf(pid).cpu;
  const { startedAt } = await send({ file, lines, port, connections: 1 });
  await until('all lines to be found', stored, DEADLINE_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  await sleep(SETTLE_MS);
  return { seconds, cpu: usageOf(pid).cpu - before, bytesPerLine: bytesIn(folder) / lines };
}

function intakeRows(ours: Intake, theirs: Intake | undefined): Row[] {
  const row = (claim: string, of: (intake: Intake) => number, unit: string, digits = 1): Row => ({
    claim,
    ours: `${of(ours).toFixed(digits)} ${unit}`,
    ...(theirs && { peer: `VictoriaLogs ${of(theirs).toFixed(digits)} ${unit}`, ratio: times(of(theirs) / of(ours)) }),
  });
  return [
    row('CPU of taking in, settling included', ({ cpu }) => cpu, 's'),
    row('wall until all are found', ({ seconds }) => seconds, 's'),
    row('stored after settling, write-ahead logs included', ({ bytesPerLine }) => bytesPerLine, 'B a line'),
  ];
}

/** In turns; the first answers are shown, too, since nothing was cached by then. */
async function askBoth({ name, ours, theirs }: Asked, client: Client, peer: VictoriaLogs | undefined): Promise<Row> {
  const [mine, other]: [number[], number[]] = [[], []];
  let answers = 0;
  let rowsThere: string[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    answers = await ours(client, Date.now() - DAY);
    const between = performance.now();
    mine.push(between - began);
    if (!peer) continue;
    rowsThere = await peer.ask(theirs);
    other.push(performance.now() - between);
  }
  const there = rowsThere.length === 1 ? rowsThere[0] : `${rowsThere.length} rows`;
  const shown = ([first, ...warm]: number[]): string => `${milliseconds(median(warm))} (first ${milliseconds(first!)})`;
  say(`  ${name}: ${answers} in ${shown(mine)}${peer ? `, VictoriaLogs ${there} in ${shown(other)}` : ''}`);
  const beside = peer && {
    peer: `VictoriaLogs ${shown(other)}`,
    ratio: times(median(other.slice(1)) / median(mine.slice(1))),
    goal: '≥ 1×',
    met: median(other.slice(1)) >= median(mine.slice(1)),
  };
  return { claim: name, ours: shown(mine), ...beside };
}

async function rows<Name extends QuestionName>(client: Client, name: Name, params: Questions[Name]['params']) {
  return (await rowsOf(client, name, params)).length;
}

async function count(client: Client, params: Questions['count']['params']): Promise<number> {
  return (await rowsOf(client, 'count', params))[0]!.count;
}

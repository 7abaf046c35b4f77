import { spawn } from 'node:child_process';
import { BIN, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf, countOf } from './asking.ts';
import { spoolDay } from './day.ts';
import { benchLatency, DurableTimes, type Latency } from './latency.ts';
import { buildPackage } from './package.ts';
import { askWarm, QUESTIONS, type Question } from './questions.ts';
import { askShell, compress, type ToolResult } from './shell.ts';
import { megabytes, say } from './table.ts';
import { median, usageOf } from './usage.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { expectCount, wrong } from './wrong.ts';

const PROCESSES = 10;
const LATENCY_SECONDS = 8;

export type QueryResult = {
  readonly question: Question;
  readonly ms: number;
  readonly shell: readonly ToolResult[];
};
export type QueriesResult = {
  readonly queries: readonly QueryResult[];
  /** ms of `cordwood search -n 100` from start to exit, beside the server, from `dist/` and from a checkout. */
  readonly process: { readonly dist: number; readonly checkout: number };
  readonly latency: { readonly idle: Latency; readonly scanning: Latency };
  /** Bytes of memory of the server after all questions. */
  readonly peak: number;
};

/** Questions about a day's lines, to a real server over its socket, beside the shell's tools on the same lines. */
export async function benchQueries(corpus: WholeCorpus, bin: string): Promise<QueriesResult> {
  using folder = temporaryFolder();
  await spoolDay(folder.path, corpus);
  const times = new DurableTimes();
  const execArgv = process.env['CORDWOOD_BENCH_PROFILE']
    ? ['--cpu-prof', '--cpu-prof-dir', process.env['CORDWOOD_BENCH_PROFILE']]
    : [];
  const options = { data: folder.path, bin, listen: ['tcp://127.0.0.1:0'], onLine: times.take, execArgv };
  await using server = await Server.start(options);
  const stored = async () => {
    await sleep(100);
    return (await server.stats()).counters['writer.messages']! >= corpus.lines;
  };
  await until('the day to be stored', stored, 120_000);
  compress(corpus);
  await using client = await clientOf(folder.path);
  expectCount('lines of the day', await countOf(client), corpus.lines);
  const queries: QueryResult[] = [];
  for (const question of QUESTIONS) {
    const { ms, answers } = await askWarm(question, client, corpus);
    const shell = askShell(question.shell?.(corpus) ?? [], corpus);
    say(`  ${shell.map((one) => `${one.tool} ${Math.round(one.ms)} ms`).join(', ')}`);
    compare(question, answers, shell);
    queries.push({ question, ms, shell });
  }
  const by = { server, client, times };
  const since = corpus.start;
  const idle = await benchLatency(by, { seconds: LATENCY_SECONDS, scanning: false, since });
  const scanning = await benchLatency(by, { seconds: LATENCY_SECONDS, scanning: true, since });
  say(`durable after ${JSON.stringify(idle)} ms, while scanning ${JSON.stringify(scanning)} ms`);
  const dist = await searchProcess(bin, folder.path);
  const checkout = await searchProcess(BIN, folder.path);
  const { peak } = usageOf(server.child.pid!);
  say(`cordwood search -n 100: ${dist.toFixed(0)} ms from dist, ${checkout.toFixed(0)} ms from a checkout`);
  say(`memory of the server: ${megabytes(peak)} at most`);
  await client[Symbol.asyncDispose]();
  await server.kill('SIGTERM');
  return { queries, process: { dist, checkout }, latency: { idle, scanning }, peak };
}

/** Where grep counts the same, it must be the same number. */
function compare({ name, bySender }: Question, answers: number, shell: readonly ToolResult[]): void {
  if (bySender) return;
  for (const { tool, output } of shell) {
    const counted = /^(\d+)\n$/.exec(output)?.[1];
    if (counted !== undefined && Number(counted) !== answers)
      wrong.push(`${name}: ${answers}, ${tool} found ${counted}`);
  }
}

/** ms, the median of some. @throws where the command fails or does not show 100 lines */
async function searchProcess(bin: string, data: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < PROCESSES; round++) {
    const began = performance.now();
    const child = spawn(process.execPath, [bin, 'search', '-n', '100', '--data', data], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    times.push(performance.now() - began);
    if (code !== 0 || text.split('\n').length !== 101) throw new Error(`cordwood search exited ${code}`);
  }
  return median(times);
}

if (import.meta.main) {
  using built = buildPackage();
  using corpus = makeCorpus(linesWanted());
  await benchQueries(corpus, built.bin);
  for (const what of wrong) say(`WRONG: ${what}`);
}

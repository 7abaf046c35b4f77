import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/ports.ts';
import { find } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { BIN, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { clientOf, countOf } from './asking.ts';
import { buildPackage } from './package.ts';
import { send } from './send.ts';
import { megabytes, say } from './table.ts';
import { median, usageAtEnd, usageOf } from './usage.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { expectCount } from './wrong.ts';

const CONNECTIONS = 4;
const ROUNDS = 3;
const DEADLINE_MS = 120_000;
/**
 * Lines before those that are measured: a server runs for months, and what it compiles as it begins, or
 * touches of the machine's memory for the first time, is not what it costs.
 */
const WARM_LINES = 2_000_000;
/** After a start, until memory is looked at, ms: threads collect their heaps once they are quiet. */
const REST_MS = 6000;
/** Between two looks at whether all is stored, ms: each answer costs the server, too. */
const LOOK_MS = 150;

/** One round: lines a second, lines a CPU second until all is stored and until the process has ended, bytes. */
export type Round = {
  readonly rate: number;
  readonly perCpu: number;
  readonly perCpuWithStop: number;
  /** Memory before the first line, and the most there was. */
  readonly idle: number;
  readonly peak: number;
  readonly bytesPerLine: number;
};
export type IngestResult = {
  /** From `dist/`, as users of the package run it, and from a checkout. */
  readonly dist: Round;
  readonly checkout: Round;
  readonly rsyslogd: Round | undefined;
  readonly gzipBytesPerLine: number;
};

/**
 * TCP to stored, fsynced and searchable, beside rsyslogd's imtcp → omfile (neither fsynced nor indexed), in turns on
 * the same lines; medians. All threads are counted, the sender is not. Both have taken some lines before.
 */
export async function benchIngest(corpus: WholeCorpus, bin: string): Promise<IngestResult> {
  const gzip = execFileSync('/bin/sh', ['-c', `gzip -6 -c "$0" | wc -c`, corpus.file], { encoding: 'utf8' });
  const rounds: Record<'dist' | 'checkout' | 'rsyslogd', Round[]> = { dist: [], checkout: [], rsyslogd: [] };
  for (let round = 0; round < ROUNDS; round++) {
    if (find('rsyslogd')) rounds.rsyslogd.push(told('rsyslogd', await rsyslogdRound(corpus)));
    rounds.dist.push(told('cordwood, dist', await cordwoodRound(corpus, bin)));
    rounds.checkout.push(told('cordwood, checkout', await cordwoodRound(corpus, BIN)));
  }
  const rsyslogd = rounds.rsyslogd.length > 0 ? medians(rounds.rsyslogd) : undefined;
  const gzipBytesPerLine = Number(gzip) / corpus.lines;
  return { dist: medians(rounds.dist), checkout: medians(rounds.checkout), rsyslogd, gzipBytesPerLine };
}

async function cordwoodRound({ file, lines }: WholeCorpus, bin: string): Promise<Round> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, bin, listen: ['tcp://127.0.0.1:0'], ...profile() });
  const pid = server.child.pid!;
  const port = await server.port('tcp0');
  const warm = Math.min(lines, WARM_LINES);
  const stored = (wanted: number) => async () => {
    await sleep(LOOK_MS);
    return (await server.stats()).counters['writer.messages']! >= wanted;
  };
  await sleep(REST_MS);
  const { memory } = usageOf(pid);
  await send({ file, lines: warm, port, connections: CONNECTIONS });
  await until('the first lines to be stored', stored(warm), DEADLINE_MS);
  const before = usageOf(pid);
  const { startedAt } = await send({ file, lines, port, connections: CONNECTIONS });
  await until('all lines to be stored', stored(warm + lines), DEADLINE_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  const { cpu } = usageOf(pid);
  await using client = await clientOf(folder.path);
  expectCount('lines stored over TCP', await countOf(client), warm + lines);
  await client[Symbol.asyncDispose]();
  const asked = usageOf(pid).cpu - cpu;
  const ended = server.kill('SIGTERM');
  const last = await usageAtEnd(pid, ended);
  return {
    rate: lines / seconds,
    perCpu: lines / (cpu - before.cpu),
    perCpuWithStop: lines / (last.cpu - before.cpu - asked),
    idle: memory,
    peak: last.peak,
    bytesPerLine: bytesIn(join(folder.path, 'store')) / (warm + lines),
  };
}

/** CORDWOOD_BENCH_PROFILE names a folder for the CPU profiles of all threads. */
function profile(): { execArgv?: readonly string[] } {
  const folder = process.env['CORDWOOD_BENCH_PROFILE'];
  return folder ? { execArgv: ['--cpu-prof', '--cpu-prof-dir', folder] } : {};
}

async function rsyslogdRound({ file, lines, bytes, starts }: WholeCorpus): Promise<Round> {
  using folder = temporaryFolder();
  const port = await freePort();
  const out = join(folder.path, 'out.log');
  const config = `
    module(load="imtcp")
    template(name="raw" type="string" string="%rawmsg%\\n")
    input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")
    ruleset(name="all") { action(type="omfile" file="${out}" template="raw") }`;
  await using agent = await Rsyslogd.start(folder.path, port, config);
  const pid = agent.child.pid!;
  const warm = Math.min(lines, WARM_LINES);
  const written = (wanted: number) => () => existsSync(out) && statSync(out).size >= wanted;
  await send({ file, lines: warm, port, connections: CONNECTIONS });
  await until('the first lines to be written', written(starts[warm]!), DEADLINE_MS);
  const before = usageOf(pid);
  const { startedAt } = await send({ file, lines, port, connections: CONNECTIONS });
  await until('all lines to be written', written(starts[warm]! + bytes.length), DEADLINE_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  const { cpu } = usageOf(pid);
  const ended = new Promise((resolve) => agent.child.once('exit', resolve));
  agent.child.kill('SIGTERM');
  const last = await usageAtEnd(pid, ended);
  return {
    rate: lines / seconds,
    perCpu: lines / (cpu - before.cpu),
    perCpuWithStop: lines / (last.cpu - before.cpu),
    idle: before.memory,
    peak: last.peak,
    bytesPerLine: statSync(out).size / (warm + lines),
  };
}

/** Bytes of all files below a folder. */
export function bytesIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.reduce((sum, one) => sum + (one.isFile() ? statSync(join(one.parentPath, one.name)).size : 0), 0);
}

function medians(rounds: readonly Round[]): Round {
  const names = Object.keys(rounds[0]!) as (keyof Round)[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as Round;
}

function told(name: string, round: Round): Round {
  const { rate, perCpu, perCpuWithStop, idle, peak, bytesPerLine } = round;
  const rates = `${Math.round(rate)} lines/s, ${Math.round(perCpu)} a CPU second (${Math.round(perCpuWithStop)} to the end)`;
  say(`${name}: ${rates}, memory ${megabytes(idle)} to ${megabytes(peak)}, ${bytesPerLine.toFixed(1)} bytes a line`);
  return round;
}

if (import.meta.main) {
  using built = buildPackage();
  using corpus = makeCorpus(linesWanted());
  console.log(await benchIngest(corpus, built.bin));
}

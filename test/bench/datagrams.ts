import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/ports.ts';
import { find } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { clientOf, countOf } from './asking.ts';
import { buildPackage } from './package.ts';
import { send } from './send.ts';
import { say } from './table.ts';
import { usageOf } from './usage.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { expectCount, wrong } from './wrong.ts';

/** Datagrams a second. */
export const RATES = [100_000, 150_000, 200_000] as const;
const SECONDS = 5;
/** Before it counts: a server that has been running for a while, at a rate that it takes cold. */
const WARM_UP = { lines: 60_000, rate: 20_000 };
/** Nothing more comes where nothing came for so long, ms; the kernel's drops are looked at every five seconds. */
const QUIET_MS = 6000;
const QUIET_FILE_MS = 1500;

export type Loss = { readonly sent: number; readonly lost: number; readonly perCpu: number };
/** `sentPerSecond` is what the sender managed. */
export type DatagramResult = {
  readonly rate: number;
  readonly sentPerSecond: number;
  readonly ours: Loss & { readonly kernelDrops: number };
  readonly rsyslogd: Loss | undefined;
};

/** UDP to stored at steady rates: what is lost, beside rsyslogd's imudp → omfile with the same buffer of 8 MiB. */
export async function benchDatagrams(corpus: WholeCorpus, bin: string): Promise<DatagramResult[]> {
  const results: DatagramResult[] = [];
  for (const rate of RATES) {
    const lines = Math.min(corpus.lines, rate * SECONDS);
    const ours = await cordwoodRun(corpus, bin, { lines, rate });
    const rsyslogd = find('rsyslogd') ? await rsyslogdRun(corpus, { lines, rate }) : undefined;
    const result = { rate, ...ours, rsyslogd };
    say(`${rate} datagrams/s: ${ours.ours.lost} of ${lines} lost; rsyslogd ${rsyslogd?.lost ?? 'is not installed'}`);
    results.push(result);
  }
  return results;
}

type Load = { readonly lines: number; readonly rate: number };

async function cordwoodRun({ file }: WholeCorpus, bin: string, { lines, rate }: Load) {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, bin, listen: ['udp://127.0.0.1:0'] });
  const port = await server.port('udp0');
  await send({ transport: 'udp', port, file, ...WARM_UP });
  const before = usageOf(server.child.pid!);
  const sent = await send({ transport: 'udp', port, file, lines, rate });
  const counters = await quiet(async () => (await server.stats()).counters);
  const { cpu } = usageOf(server.child.pid!);
  await using client = await clientOf(folder.path);
  const stored = (await countOf(client)) - WARM_UP.lines;
  const dropped = Object.entries(counters).filter(([name]) => name.startsWith('listen.udp0.dropped.'));
  const counted = dropped.reduce((sum, [, count]) => sum + count, 0);
  expectCount(`datagrams stored or counted as dropped at ${rate}/s`, stored + counted, lines);
  if (stored > lines) wrong.push(`${stored} messages stored of ${lines} datagrams`);
  const kernelDrops = counters['listen.udp0.dropped.kernel']!;
  const ours = { sent: lines, lost: lines - stored, kernelDrops, perCpu: stored / (cpu - before.cpu) };
  return { sentPerSecond: lines / sent.seconds, ours };
}

/** The counters once nothing has come in for a while and all of it is stored. */
async function quiet(counters: () => Promise<Record<string, number>>): Promise<Record<string, number>> {
  for (let last = await counters(), since = performance.now(); ; ) {
    await sleep(200);
    const now = await counters();
    const seen = 'listen.udp0.received.frames';
    if (now[seen] !== last[seen] || now['writer.messages'] !== now['spool.messages']) since = performance.now();
    if (performance.now() - since > QUIET_MS) return now;
    last = now;
  }
}

async function rsyslogdRun({ file }: WholeCorpus, { lines, rate }: Load): Promise<Loss> {
  using folder = temporaryFolder();
  const port = await freePort();
  const out = join(folder.path, 'out.log');
  const config = `
    module(load="imudp")
    template(name="raw" type="string" string="%rawmsg%\\n")
    input(type="imudp" port="${port}" address="127.0.0.1" ruleset="all" rcvbufSize="8m")
    ruleset(name="all") { action(type="omfile" file="${out}" template="raw") }`;
  await using agent = new Rsyslogd(folder.path, config);
  await until('rsyslogd to listen', () => isBound(port));
  await send({ transport: 'udp', port, file, ...WARM_UP });
  const before = usageOf(agent.child.pid!);
  await send({ transport: 'udp', port, file, lines, rate });
  await quietFile(out);
  const { cpu } = usageOf(agent.child.pid!);
  const written = (await linesIn(out)) - WARM_UP.lines;
  return { sent: lines, lost: lines - written, perCpu: written / (cpu - before.cpu) };
}

function isBound(port: number): boolean {
  return readFileSync('/proc/net/udp', 'latin1').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);
}

async function quietFile(file: string): Promise<void> {
  const size = () => (existsSync(file) ? statSync(file).size : 0);
  for (let last = -1; size() !== last; await sleep(QUIET_FILE_MS)) last = size();
}

async function linesIn(file: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++;
  }
  return lines;
}

if (import.meta.main) {
  using built = buildPackage();
  using corpus = makeCorpus(linesWanted());
  console.log(await benchDatagrams(corpus, built.bin), wrong);
}

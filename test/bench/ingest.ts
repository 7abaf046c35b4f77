import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../support/ports.ts';
import { find } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { corpusFile } from './corpus-file.ts';
import { type Sent, send } from './send.ts';
import { median, usageOf } from './usage.ts';

/** TCP to stored, fsynced and searchable, beside rsyslogd's imtcp → omfile (neither fsynced nor indexed), in turns. */
export type IngestResult = { rate: number; perCpu: number; peak: number; bytesPerLine: number };

export async function ingestCordwood(file: string, lines: number, connections: number): Promise<IngestResult> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, listen: ['tcp://127.0.0.1:0'] });
  const before = usageOf(server.child.pid!);
  const port = await server.port('tcp0');
  const started = performance.now();
  const sent = await send({ file, port, connections });
  const stored = () => server.stats().then(({ counters }) => counters['writer.messages']! >= lines);
  await until('all lines to be stored', stored, 120_000);
  const seconds = (performance.now() - started) / 1000;
  const { cpu, peak } = usageOf(server.child.pid!);
  check(sent, lines);
  // Stopping settles and merges what is left; its cost belongs to the lines, too, but not to the rate.
  const exit = server.kill('SIGTERM');
  await exit;
  return { rate: lines / seconds, perCpu: lines / (cpu - before.cpu), peak, bytesPerLine: storeBytes(folder.path) / lines };
}

export async function ingestRsyslogd(file: string, lines: number, connections: number): Promise<IngestResult> {
  using folder = temporaryFolder();
  const port = await freePort();
  const out = join(folder.path, 'out.log');
  const config = `
    module(load="imtcp")
    template(name="raw" type="string" string="%rawmsg%\\n")
    input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")
    ruleset(name="all") { action(type="omfile" file="${out}" template="raw") }`;
  await using agent = await Rsyslogd.start(folder.path, port, config);
  const before = usageOf(agent.child.pid!);
  const started = performance.now();
  const sent = await send({ file, port, connections });
  const bytes = statSync(file).size;
  await until('all lines to be written', () => existsSync(out) && statSync(out).size >= bytes, 120_000);
  const seconds = (performance.now() - started) / 1000;
  const { cpu, peak } = usageOf(agent.child.pid!);
  check(sent, lines);
  return { rate: lines / seconds, perCpu: lines / (cpu - before.cpu), peak, bytesPerLine: statSync(out).size / lines };
}

function check(sent: Sent, lines: number): void {
  if (sent.lines !== lines) throw new Error(`the sender sent ${sent.lines} lines instead of ${lines}`);
}

function storeBytes(data: string): number {
  return Number(execFileSync('du', ['-sb', join(data, 'store')], { encoding: 'utf8' }).split('\t')[0]);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '2000000' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '4' },
    },
  });
  const [lines, rounds, connections] = [Number(values.lines), Number(values.rounds), Number(values.connections)];
  const file = corpusFile(lines);
  const gzip = Number(execFileSync('/bin/sh', ['-c', `gzip -6 -c "$0" | wc -c`, file], { encoding: 'utf8' })) / lines;
  const ours: IngestResult[] = [];
  const theirs: IngestResult[] = [];
  for (let round = 0; round < rounds; round++) {
    if (find('rsyslogd')) theirs.push(await ingestRsyslogd(file, lines, connections));
    ours.push(await ingestCordwood(file, lines, connections));
    print(`round ${round + 1}`, ours.at(-1)!);
    if (theirs.length > 0) print('  rsyslogd', theirs.at(-1)!);
  }
  const perCpu = median(ours.map((one) => one.perCpu));
  const ratio = perCpu / median(theirs.map((one) => one.perCpu));
  const bytes = median(ours.map((one) => one.bytesPerLine));
  console.log(`per CPU second, cordwood / rsyslogd: ${ratio.toFixed(2)}`);
  console.log(`bytes a line: ${bytes.toFixed(1)}, gzip -6: ${gzip.toFixed(1)}, ratio ${(bytes / gzip).toFixed(3)}`);
}

function print(name: string, result: IngestResult): void {
  const { rate, perCpu, peak, bytesPerLine } = result;
  const numbers = [`${Math.round(rate)} lines/s`, `${Math.round(perCpu)} lines per CPU second`];
  console.log(`${name}: ${numbers.join(', ')}, peak ${Math.round(peak / 1e6)} MB, ${bytesPerLine.toFixed(1)} bytes a line`);
}

if (import.meta.main) await main();

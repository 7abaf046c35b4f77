import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { corpus, formatLine } from './corpus.ts';
import { bytesIn } from './ingest.ts';
import { machine } from './machine.ts';
import { usageOf } from './usage.ts';

/**
 * What a whole server needs at a steady rate of lines, which is more for each line than at full speed: it fsyncs often
 * and merges small blocks. Each rate has a new server; what others do on the machine changes the figures less than it
 * changes times, since CPU seconds are counted, not time. Prints a table of GitHub's Markdown.
 * usage: node test/bench/sizing.ts [--rates 0,100,1000,5000,20000] [--seconds 40] [--connections 50]
 */
const WARM_SECONDS = 10;
const CORPUS_LINES = 400_000;

type Sized = {
  readonly rate: number;
  readonly received: number;
  /** CPU seconds a second. */
  readonly cores: number;
  readonly peak: number;
  readonly storedBytesEach: number;
  /** Written to the disk, all files together, a second. */
  readonly writtenPerSecond: number;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rates: { type: 'string', default: '0,100,1000,5000,20000' },
      seconds: { type: 'string', default: '40' },
      connections: { type: 'string', default: '50' },
    },
  });
  using folder = temporaryFolder();
  const file = join(folder.path, 'lines.log');
  writeFileSync(file, Array.from(corpus({ lines: CORPUS_LINES }), (line) => `${formatLine(line)}\n`).join(''));
  process.stdout.write(`${machine()}\n\n`);
  process.stdout.write('| lines/s | received | cores | µs a line | memory, at most | bytes a line | written MB/s |\n');
  process.stdout.write('| --- | --- | --- | --- | --- | --- | --- |\n');
  for (const rate of values.rates.split(',').map(Number)) {
    const options = { rate, seconds: Number(values.seconds), connections: values.connections, file };
    const { received, cores, peak, storedBytesEach, writtenPerSecond } = await size(
      join(folder.path, `${rate}`),
      options,
    );
    const each = rate === 0 ? '' : ((cores / rate) * 1e6).toFixed(1);
    const stored = rate === 0 ? '' : storedBytesEach.toFixed(1);
    const cells = [rate, received, cores.toFixed(3), each, `${Math.round(peak / 1e6)} MB`, stored];
    process.stdout.write(`| ${[...cells, (writtenPerSecond / 1e6).toFixed(2)].join(' | ')} |\n`);
  }
}

type Options = { readonly rate: number; readonly seconds: number; readonly connections: string; readonly file: string };

async function size(data: string, { rate, seconds, connections, file }: Options): Promise<Sized> {
  await using server = await Server.start({ data });
  const pid = server.child.pid!;
  const lines = Math.max(1, rate * (WARM_SECONDS + seconds));
  const target = `127.0.0.1:${await server.port('tcp0')}`;
  const args = [
    '--target',
    target,
    '--lines',
    `${lines}`,
    '--connections',
    connections,
    '--rate',
    `${rate}`,
    '--file',
    file,
  ];
  const sender =
    rate === 0
      ? undefined
      : spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], { stdio: 'ignore' });
  const sent = sender && once(sender, 'exit');
  await sleep(WARM_SECONDS * 1000);
  const [before, from, written] = [usageOf(pid), performance.now(), writtenBy(pid)];
  await sleep(seconds * 1000);
  const [after, took] = [usageOf(pid), (performance.now() - from) / 1000];
  const writtenPerSecond = (writtenBy(pid) - written) / took;
  await sent;
  if (rate > 0)
    await until('all lines', async () => (await server.stats()).counters['writer.messages'] === lines, 60_000);
  const { counters } = await server.stats();
  const received = counters['writer.messages']!;
  await server.kill('SIGTERM');
  const storedBytesEach = rate === 0 ? 0 : bytesIn(join(data, 'store')) / received;
  return {
    rate,
    received,
    cores: (after.cpu - before.cpu) / took,
    peak: after.peak,
    storedBytesEach,
    writtenPerSecond,
  };
}

/** Bytes that a process has caused to be written to disks, proc(5). */
function writtenBy(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

if (import.meta.main) await main();

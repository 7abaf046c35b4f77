import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { clientOf, rowsOf } from './asking.ts';
import { Sink } from './sink.ts';
import { say } from './table.ts';
import { quantile, usageOf } from './usage.ts';

/*
 * What forwarding costs while lines come in and people ask: windows of the same load, one after the other, each with a
 * data folder of its own and so many destinations. `node test/bench/forward-intake.ts [destinations, e.g. 0,1,0,1]
 * [seconds] [lines a second] [lines stored before]`
 */

const [windows = '0,1,0,1', seconds = '25', rate = '50000', before = '400000'] = process.argv.slice(2);
const SECONDS = Number(seconds);
const WARM_SECONDS = 4;
const EVERY_MS = 40;
const STORED_BEFORE = Number(before);
const ASKED = [
  { limit: 100 },
  { query: 'hostname:web-7.example.org appname:app7', limit: 100 },
  { query: 'lorem', limit: 100 },
  { query: '"took 500 ms"', limit: 100 },
] as const;

const took = new Map<number, number[]>();

async function sendLines(target: string, lines: number, perSecond: number): Promise<void> {
  const args = ['--target', target, '--lines', String(lines), '--rate', String(perSecond)];
  const sender = spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(sender, 'exit');
}

async function ask(data: string, times: number[], signal: AbortSignal): Promise<void> {
  await using client = await clientOf(data);
  for (let number = 0; !signal.aborted; number++) {
    const began = performance.now();
    await rowsOf(client, 'search', { since: Date.now() - 3_600_000, ...ASKED[number % ASKED.length]! });
    times.push(performance.now() - began);
    await sleep(Math.max(0, EVERY_MS - (performance.now() - began)));
  }
}

async function window(destinations: number): Promise<void> {
  using folder = temporaryFolder();
  using sinks = new DisposableStack();
  const all: Sink[] = [];
  for (let index = 0; index < destinations; index++) all.push(sinks.use(await Sink.start()));
  const entries = all.map(
    ({ port }, index) => `  - {kind: relp, name: sink${index}, to: ['127.0.0.1:${port}'], from: start, window: 4096}\n`,
  );
  const config = join(folder.path, 'cordwood.yaml');
  const forward = destinations > 0 ? `forward:\n${entries.join('')}` : '';
  writeFileSync(config, `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]\n${forward}`);
  await using server = await Server.start({ data: join(folder.path, 'data'), config });
  const target = `127.0.0.1:${await server.port('tcp0')}`;
  const stored = async () => (await server.stats()).counters['writer.messages']!;
  await sendLines(target, STORED_BEFORE, 100_000);
  await until('the lines before', async () => (await stored()) >= STORED_BEFORE);
  for (const sink of all) await until('a destination to be up to date', () => sink.taken >= STORED_BEFORE, 60_000);
  const total = Number(rate) * (WARM_SECONDS + SECONDS);
  const sent = sendLines(target, total, Number(rate));
  await sleep(WARM_SECONDS * 1000);
  for (const sink of all) sink.clear();
  const before = usageOf(server.child.pid!).cpu;
  const storedBefore = await stored();
  const times = took.get(destinations) ?? [];
  took.set(destinations, times);
  const from = times.length;
  const began = performance.now();
  await ask(server.data, times, AbortSignal.timeout((SECONDS - 1) * 1000));
  const passed = (performance.now() - began) / 1000;
  const own = times.slice(from);
  const oldest = all.map((sink) => sink.oldest);
  const perSecond = Math.round(((await stored()) - storedBefore) / passed);
  const cpu = (usageOf(server.child.pid!).cpu - before) / passed;
  await sent;
  const ended = performance.now();
  for (const sink of all) await until('all to be taken', () => sink.taken >= STORED_BEFORE + total, 120_000);
  const rest = (performance.now() - ended) / 1000;
  say(
    `${destinations} destinations: ${perSecond} lines/s stored, ${cpu.toFixed(2)} cores; ${own.length} questions, median ` +
      `${quantile(own, 0.5).toFixed(1)} ms, 99 % ${quantile(own, 0.99).toFixed(1)} ms; oldest line on arrival at the destinations ` +
      `${oldest.join(', ')} ms; up to date ${rest.toFixed(1)} s after the last line`,
  );
}

for (const destinations of windows.split(',').map(Number)) await window(destinations);
const without = took.get(0) ?? [];
for (const [destinations, times] of took) {
  const [p50, p99] = [0.5, 0.99].map((share) => (quantile(times, share) / quantile(without, share)).toFixed(2));
  say(
    `${destinations} destinations: median ${p50} and 99 % ${p99} times that without; ${quantile(times, 0.99).toFixed(1)} ms, ${times.length} questions`,
  );
}

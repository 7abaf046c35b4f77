import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../support/server.ts';
import { freePort } from '../support/ports.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { Sink } from './sink.ts';
import { say } from './table.ts';
import { usageOf } from './usage.ts';

/*
 * What a frozen and a refusing destination cost a third one: how old its lines are when they arrive, and the memory of
 * the server. A twin with the third one alone gets the same lines at the same time, so whatever else happens on the
 * machine happens to both. `node test/bench/frozen.ts [seconds] [lines a second]`
 */

const [seconds = 20, rate = 2000] = process.argv.slice(2).map(Number);
const WARM_SECONDS = 8;

type Site = { readonly name: string; readonly server: Server; readonly sink: Sink; oldest: number[]; memory: number[] };

using folder = temporaryFolder();
await using opened = new AsyncDisposableStack();
const frozen = opened.use(await Sink.start());
const refusing = await freePort();

async function open(name: string, others: string): Promise<Site> {
  const sink = opened.use(await Sink.start());
  const config = join(folder.path, `${name}.yaml`);
  const third = `  - {kind: relp, name: third, to: ['127.0.0.1:${sink.port}'], from: start}\n`;
  writeFileSync(config, `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]\nforward:\n${third}${others}`);
  const server = opened.use(await Server.start({ data: join(folder.path, name), config }));
  return { name, server, sink, oldest: [], memory: [] };
}

const others =
  `  - {kind: relp, name: frozen, to: ['127.0.0.1:${frozen.port}'], from: start}\n` +
  `  - {kind: tcp, name: refusing, to: ['127.0.0.1:${refusing}'], from: start}\n`;
const sites = [await open('three', others), await open('twin', '')];
const lines = rate * (WARM_SECONDS + seconds);
const sending = sites.map(async ({ server }) => {
  const target = `127.0.0.1:${await server.port('tcp0')}`;
  const args = ['--target', target, '--lines', String(lines), '--rate', String(rate)];
  await once(spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], { stdio: 'ignore' }), 'exit');
});
await sleep(WARM_SECONDS * 1000);
const before = sites.map(({ server }) => usageOf(server.child.pid!).memory);
process.kill(frozen.pid, 'SIGSTOP');
for (let second = 0; second < seconds; second++) {
  for (const { sink } of sites) sink.clear();
  await sleep(1000);
  for (const site of sites) {
    site.oldest.push(site.sink.oldest);
    site.memory.push(usageOf(site.server.child.pid!).memory);
  }
}
await Promise.all(sending);
await sleep(3000);
for (const [index, { name, server, sink, oldest, memory }] of sites.entries()) {
  const { counters } = await server.stats();
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  say(
    `${name}: the third took ${sink.taken} of ${lines}; its oldest line was ${Math.max(...oldest)} ms old on arrival; memory ` +
      `${mib(before[index]!)} before, at most ${mib(Math.max(...memory))}; waiting for the frozen one ${counters['forward.frozen.waiting'] ?? 0}, ` +
      `for the refusing one ${counters['forward.refusing.waiting'] ?? 0}`,
  );
}
process.kill(frozen.pid, 'SIGCONT');

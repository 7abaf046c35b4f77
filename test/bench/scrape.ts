import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seriesIn } from '../api/metrics/support.ts';
import { freePort } from '../support/ports.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** What a scrape of /metrics costs a server with 20 listeners, 200,000 messages and 500 hosts. */
const LISTENERS = 20;
const MESSAGES = 200_000;
const HOSTS = 500;
const SCRAPES = 600;
const EVERY_MS = 50;

/** CPU time of a process so far, ms (proc_pid_stat(5): user and system time in ticks of 10 ms). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

using folder = temporaryFolder();
const port = await freePort();
const data = join(folder.path, 'data');
const config = join(folder.path, 'cordwood.yaml');
const listeners = Array.from({ length: LISTENERS }, (_, at) => `{kind: tcp, name: tcp${at}, address: '127.0.0.1:0'}`);
writeFileSync(
  config,
  `data: ${data}\nlisten: [${listeners.join(', ')}]\nweb: {address: '127.0.0.1:${port}', metrics: {from: [127.0.0.1/32]}}\n`,
);
await using server = await Server.start({ data, config });
const scrape = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
await server.send(Array.from({ length: MESSAGES }, (_, at) => `<14>host${at % HOSTS} app: message ${at}`));
await until(
  'the messages to be stored',
  async () => seriesIn(await scrape()).get('cordwood_stored_messages_total') === MESSAGES,
);
const pid = server.child.pid!;
const restBefore = cpuOf(pid);
await sleep(SCRAPES * EVERY_MS);
const atRest = cpuOf(pid) - restBefore;
const times: number[] = [];
const before = cpuOf(pid);
let text = '';
for (let count = 0; count < SCRAPES; count++) {
  const begin = performance.now();
  text = await scrape();
  const took = performance.now() - begin;
  times.push(took);
  await sleep(Math.max(0, EVERY_MS - took));
}
const cpu = cpuOf(pid) - before - atRest;
times.sort((a, b) => a - b);
const at = (share: number): string => `${times[Math.ceil(times.length * share) - 1]!.toFixed(1)} ms`;
process.stdout.write(
  `${seriesIn(text).size} series, ${Buffer.byteLength(text)} bytes\n` +
    `scrape: shortest ${times[0]!.toFixed(1)} ms, median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}\n` +
    `CPU: ${(cpu / SCRAPES).toFixed(2)} ms a scrape, beside what the server takes at rest\n`,
);

/**
 * How fast a backlog is forwarded by RELP: a server reads it from its embedded store and sends it to a sink that only
 * counts and acknowledges. `node test/bench/forward.ts [messages] [window]`
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { Sink } from './sink.ts';

const [messages = 400_000, window = 4096] = process.argv.slice(2).map(Number);

using folder = temporaryFolder();
using sink = await Sink.start();
const { port } = sink;

const data = join(folder.path, 'data');
const config = join(folder.path, 'cordwood.yaml');
const listen = "listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]\n";
writeFileSync(config, listen);
const line = (i: number): string =>
  `<38>1 2026-11-22T16:20:01.123456+01:00 web${i % 50} sshd ${1000 + (i % 500)} - - Accepted publickey for user${i % 97} from 10.0.${i % 250}.${i % 200} port ${40_000 + (i % 20_000)} ssh2: RSA SHA256:${i.toString(36).padStart(43, 'k')}`;
{
  await using server = await Server.start({ data, config });
  for (let from = 0; from < messages; from += 20_000) {
    await server.send(Array.from({ length: Math.min(20_000, messages - from) }, (_, index) => line(from + index)));
  }
  await until(
    'everything to be stored',
    async () => (await server.stats()).counters['writer.messages'] === messages,
    300_000,
  );
  await server.kill('SIGTERM');
}
writeFileSync(
  config,
  `${listen}forward: [{kind: relp, name: sink, to: ['127.0.0.1:${port}'], from: start, window: ${window}}]\n`,
);
await using server = await Server.start({ data, config });
const began = performance.now();
await until('everything to be taken', () => sink.taken >= messages, 600_000);
const seconds = (performance.now() - began) / 1000;
const perSecond = Math.round(messages / seconds);
/** CPU seconds of each thread; the forwarder is the busiest one by far. */
const threads = readdirSync(`/proc/${server.child.pid}/task`).map((id) => {
  const fields = readFileSync(`/proc/${server.child.pid}/task/${id}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
});
const busy = Math.max(...threads);
const all = threads.reduce((sum, one) => sum + one, 0);
process.stdout.write(
  `${messages} messages, window ${window}: ${perSecond}/s by the wall clock; forwarder ${busy.toFixed(1)} CPU seconds, ` +
    `${Math.round(messages / busy)}/s of them; the whole server ${all.toFixed(1)}\n`,
);

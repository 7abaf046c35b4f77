import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RelpReceiver } from '../forward/receivers.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { say } from './table.ts';
import { expectCount } from './wrong.ts';

/*
 * Whether a rate is kept after a backlog, and nothing is dropped: `node test/bench/pacing.ts [lines of the backlog]
 * [lines a second] [seconds]`
 */

const [backlog = 60_000, rate = 1000, seconds = 30] = process.argv.slice(2).map(Number);
const STEP = 10;

using folder = temporaryFolder();
const data = join(folder.path, 'data');
const config = join(folder.path, 'cordwood.yaml');
const listen = "listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]\n";
const file = join(folder.path, 'lines');
writeFileSync(config, listen);
writeFileSync(
  file,
  Array.from(
    { length: backlog },
    (_, number) => `<38>1 - web${number % 50} sshd - - - Accepted publickey, n ${number}\n`,
  ).join(''),
);
{
  await using server = await Server.start({ data, config });
  const target = `127.0.0.1:${await server.port('tcp0')}`;
  const args = ['--target', target, '--lines', String(backlog), '--file', file];
  await once(spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], { stdio: 'ignore' }), 'exit');
  await until('the backlog', async () => (await server.stats()).counters['writer.messages'] === backlog, 300_000);
  await server.kill('SIGTERM');
}

await using receiver = await new RelpReceiver().open();
let [taken, next, wrong] = [0, 0, 0];
receiver.answer = (line) => {
  taken++;
  if (Number(/ n (\d+)$/.exec(line)?.[1]) !== next++) wrong++;
  return '200 OK';
};
const forward = `forward: [{kind: relp, name: slow, to: ['${receiver.address}'], from: start, rate: {per_second: ${rate}}}]\n`;
writeFileSync(config, listen + forward);
await using server = await Server.start({ data, config });
await until('the first line', () => taken > 0);
let last = { at: performance.now(), taken };
const began = last;
const rates: number[] = [];
for (let passed = 0; passed < seconds; passed += STEP) {
  await sleep(STEP * 1000);
  const now = { at: performance.now(), taken };
  rates.push(((now.taken - last.taken) * 1000) / (now.at - last.at));
  receiver.lines.length = 0;
  last = now;
}
const whole = ((last.taken - began.taken) * 1000) / (last.at - began.at);
say(
  `${backlog} lines waiting, ${rate} a second: ${whole.toFixed(1)}/s in ${seconds} s, in steps of ${STEP} s from ` +
    `${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)}; ${last.taken} taken, ${wrong} out of order or missing`,
);
expectCount('lines out of order or missing', wrong, 0);
const { counters } = await server.stats();
say(
  `sent ${counters['forward.slow.sent']}, lost ${counters['forward.slow.lost']}, waiting ${counters['forward.slow.waiting']}`,
);

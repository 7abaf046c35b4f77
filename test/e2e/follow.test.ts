import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpSender } from '../support/senders.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const SECONDS = Number(process.env['CORDWOOD_FOLLOW'] ?? 4);
const CONNECTIONS = 4;
const RATE = 20_000;
/** ms between two bursts of a connection. */
const STEP = 10;
const BURST = (RATE / CONNECTIONS / 1000) * STEP;

/** RATE numbered lines a second over all connections; returns how many each sent. */
async function load(port: number): Promise<number> {
  const steps = (SECONDS * 1000) / STEP;
  const senders = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    await using sender = await TcpSender.connect(`127.0.0.1:${port}`);
    const started = performance.now();
    for (let step = 0; step < steps; step++) {
      const lines = Array.from({ length: BURST }, (_, i) => `<13>1 - h app c${connection} - - ${step * BURST + i}\n`);
      await sender.write(lines.join(''));
      await sleep(Math.max(0, started + (step + 1) * STEP - performance.now()));
    }
    await sender.end();
  });
  await Promise.all(senders);
  return steps * BURST;
}

/** Of each connection, the numbers in the order in which they were printed: `c0,17` a line. */
function judge(printed: string, each: number, how: string): void {
  const next = Array.from({ length: CONNECTIONS }, () => 0);
  const ids: string[] = [];
  for (const [, id, connection, number] of printed.matchAll(/^(\w{32}),c(\d),(\d+)\r?$/gm)) {
    const due = next[Number(connection)]!;
    assert.equal(Number(number), due, `${how}: each line of connection ${connection} once, in order`);
    next[Number(connection)] = due + 1;
    ids.push(id!);
  }
  assert.deepEqual(
    next,
    Array.from({ length: CONNECTIONS }, () => each),
    `${how}: all of them`,
  );
  assert.deepEqual(ids, ids.toSorted(), `${how}: in the order of arrival`);
}

test(`followers beside ${RATE} lines a second see each once`, async (t) => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: join(folder.path, 'data'), listen: ['tcp://127.0.0.1:0'] });
  const port = await server.port('tcp0');
  const shape = ['-o', 'csv', '--fields', '_id,procid,message', '-q', '--data', server.data];

  const follower = spawn(process.execPath, [BIN, 'search', '-f', ...shape], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => follower.kill('SIGKILL'));
  let followed = '';
  follower.stdout.setEncoding('utf8').on('data', (text) => {
    followed += text;
  });
  // Its first line of output says that it follows: nothing after this one may be missing.
  await using first = await TcpSender.connect(`127.0.0.1:${port}`);
  await first.write('<13>1 - h app first - - first\n');
  await until('the follower to see the first line', () => followed.includes('first'));

  const cursor = join(folder.path, 'cursor');
  const increment = ['search', '-n', 'all', '-S', 'all', '--cursor-file', cursor, ...shape];
  let collected = '';
  const loading = load(port);
  let done = false;
  void loading.finally(() => {
    done = true;
  });
  while (!done) collected += (await cordwood(increment)).stdout;
  const each = await loading;

  const lines = (text: string) => text.split('\n').length;
  await until('the follower to see all', () => lines(followed) > each * CONNECTIONS);
  judge(followed, each, 'search -f');
  await until('the increments to hold all', async () => {
    collected += (await cordwood(increment)).stdout;
    return lines(collected) > each * CONNECTIONS;
  });
  judge(collected, each, '--cursor-file');

  const exited = once(follower, 'exit');
  follower.kill('SIGINT');
  assert.deepEqual(await exited, [130, null]);
});

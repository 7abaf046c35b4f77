import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { usageOf } from '../bench/usage.ts';
import { BIN, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const FOLLOWERS = 5;
/** Lines of 1 kB that each follower leaves unread. */
const LINES = Number(process.env['CORDWOOD_UNREAD'] ?? 30_000);
/** Bytes of memory that all of them may cost; a server that kept what they do not read would need twice as much. */
const MORE = (FOLLOWERS * LINES * 1000) / 2;

const linux = process.platform === 'linux' ? false : 'only Linux tells what a process uses';

test('followers stopped by Ctrl-Z cost bounded memory, and show each line once when they go on', {
  skip: linux,
}, async (t) => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: join(folder.path, 'data'), listen: ['tcp://127.0.0.1:0'] });
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    const from = sent;
    sent += count;
    const line = (_: unknown, index: number) => `<13>1 - h app - - - ${from + index} ${'x'.repeat(1000)}`;
    await server.send(Array.from({ length: count }, line));
    await until('all to be stored', async () => (await server.stats()).counters['writer.messages'] === sent, 60_000);
  };
  // Heaps grow to the size of the work at first.
  await send(LINES);

  const followers = Array.from({ length: FOLLOWERS }, () => {
    const flags = ['search', '-f', '-q', '-o', 'cat', '-n', '0', '--data', server.data];
    const child = spawn(process.execPath, [BIN, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    const numbers: number[] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) numbers.push(Number.parseInt(line, 10));
    });
    return { child, numbers };
  });
  await until('all to follow', async () => {
    await send(1);
    return followers.every(({ numbers }) => numbers.length > 0);
  });
  for (const { child } of followers) child.kill('SIGSTOP');
  const before = usageOf(server.child.pid!).memory;
  await send(LINES);
  const grown = usageOf(server.child.pid!).memory - before;
  t.diagnostic(`${FOLLOWERS} stopped followers of ${LINES} lines: ${Math.round(grown / 1e6)} MB more`);
  assert.ok(grown < MORE, `${grown} bytes`);

  for (const { child } of followers) child.kill('SIGCONT');
  for (const { child, numbers } of followers) {
    await until('the last line', () => numbers.at(-1) === sent - 1, 60_000);
    const first = numbers[0]!;
    assert.deepEqual(
      numbers,
      Array.from({ length: sent - first }, (_, index) => first + index),
      'each line once, in order',
    );
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
});

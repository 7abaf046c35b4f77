import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { BIN, cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

async function send(server: Server, from: number, to: number): Promise<void> {
  const sent = Array.from({ length: to - from }, (_, index) => `<13>1 - web1 app - - - line ${from + index}\n`);
  const socket = connect(await server.port('tcp0'), '127.0.0.1').end(sent.join(''));
  await once(socket, 'close');
}

test('a follower shows each line once and in order across a server killed under load', async () => {
  using folder = temporaryFolder();
  const first = await Server.start({ data: folder.path });
  const child = spawn(process.execPath, [BIN, 'search', '-f', '-S', 'all', '-o', 'cat', '--data', folder.path]);
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await send(first, 0, 2000);
  await until('some lines', () => text.includes('line 500\n'));
  await send(first, 2000, 4000);
  await first.kill('SIGKILL');
  const kept = Number((await cordwood(['count', '-S', 'all', '--data', folder.path])).stdout);
  assert.ok(kept >= 2000, `${kept} lines were kept`);
  await using second = await Server.start({ data: folder.path });
  await send(second, 4000, 5000);
  await until('the last line', () => text.endsWith('line 4999\n'));
  child.kill('SIGINT');
  await once(child, 'exit');
  const shown = text
    .trim()
    .split('\n')
    .map((line) => Number(line.slice(5)));
  const want = [...Array(kept).keys(), ...Array.from({ length: 1000 }, (_, index) => 4000 + index)];
  assert.deepEqual(shown, want);
});

test('--cursor-file in a loop shows each line once, also without a server', async () => {
  using folder = temporaryFolder();
  const server = await Server.start({ data: folder.path });
  const next = async (...flags: string[]): Promise<number> => {
    const file = `${folder.path}/cursor`;
    const { code, stdout, stderr } = await cordwood([
      'search',
      '-q',
      '-o',
      'cat',
      '--cursor-file',
      file,
      '--data',
      folder.path,
      ...flags,
    ]);
    assert.equal(code, 0, stderr);
    return stdout === '' ? 0 : stdout.trim().split('\n').length;
  };
  await send(server, 0, 1000);
  let shown = await until('lines', () => next());
  await until('all of them', async () => {
    shown += await next();
    return shown === 1000;
  });
  assert.equal(await next(), 0);
  await send(server, 1000, 1500);
  await until('the rest', async () => (await cordwood(['count', '--data', folder.path])).stdout === '1500\n');
  await server.kill('SIGKILL');
  const batches = [await next('-n', '+200'), await next('-n', '+200'), await next('-n', '+200'), await next()];
  assert.deepEqual(batches, [200, 200, 100, 0]);
});

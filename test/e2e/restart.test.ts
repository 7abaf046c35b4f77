import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

test('what was stored before a kill is found after the restart, though nothing new arrives', async () => {
  using folder = temporaryFolder();
  const options = { data: folder.path, listen: ['tcp://127.0.0.1:0'] };
  const count = async () => (await cordwood(['count', '-q', '--data', folder.path])).stdout;
  {
    await using server = await Server.start(options);
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await sender.sendLines(Array.from({ length: 50 }, (_, number) => `<13>1 - h app - - - number ${number}`));
    await until('all lines', async () => (await count()) === '50\n');
    await server.kill('SIGKILL');
  }
  assert.equal(await count(), '50\n', 'where no server runs');
  await using _server = await Server.start(options);
  await until('all lines again', async () => (await count()) === '50\n');
});

test('what is visible moves on with time though nothing arrives: all that came before it is stored', async () => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, listen: ['tcp://127.0.0.1:0'] });
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await sender.write('<13>1 - h app - - - only one\n');
  const visible = async () => {
    const file = join(folder.path, 'cursor');
    rmSync(file, { force: true });
    const { stdout } = await cordwood(['search', '-q', '-o', 'json', '--cursor-file', file, '--data', folder.path]);
    const [line] = stdout.split('\n');
    const receivedAt = line ? Date.parse(JSON.parse(line).received_at) : Number.NaN;
    return { receivedAt, visibleAt: Number.parseInt(readFileSync(file, 'utf8').slice(0, 12), 16) };
  };
  await until('time to pass', async () => {
    const { receivedAt, visibleAt } = await visible();
    return visibleAt > receivedAt + 1000;
  });
});

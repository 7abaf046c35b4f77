import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RelpSender } from '../support/relp.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const CROWD = Number(process.env['CORDWOOD_CROWD'] ?? 500);
const EACH = 50;
const VANISHING = Number(process.env['CORDWOOD_VANISH'] ?? 1000);
/** Clients of one process. */
const AT_ONCE = 500;
/** V8 collects old objects late where memory is plenty: 10,000 connections of any kind would show as 40 MB. */
const EARLY = ['--max-old-space-size=48', '--max-semi-space-size=4'];

test(`${CROWD} connections of RELP with ${EACH} messages each, all at once: all are answered and stored`, async (t) => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, listen: ['relp://127.0.0.1:0'] });
  const address = `127.0.0.1:${await server.port('relp0')}`;
  const senders = await Promise.all(Array.from({ length: CROWD }, () => RelpSender.open(address)));
  const started = performance.now();
  await Promise.all(
    senders.map((sender, index) =>
      sender.send(Array.from({ length: EACH }, (_, number) => `<13>1 - h c${index} ${number} - - hello`)),
    ),
  );
  await until('all answers', () => senders.every((sender) => sender.answers.length === EACH + 1), 60_000);
  t.diagnostic(`answered after ${Math.round(performance.now() - started)} ms`);
  await Promise.all(senders.map((sender) => sender.command('close')));
  await Promise.all(senders.map((sender) => sender.tcp.closed()));
  const count = async () => Number((await cordwood(['count', '-S', 'all', '-q', '--data', server.data])).stdout);
  await until('all messages', async () => (await count()) === CROWD * EACH);
  const { counters } = await server.stats();
  assert.deepEqual(
    [counters['listen.relp0.received.frames'], counters['listen.relp0.connections.open']],
    [CROWD * EACH, 0],
  );
  const { stdout } = await cordwood([
    'top',
    'appname,procid',
    '-S',
    'all',
    '-n',
    '1',
    '-o',
    'json',
    '--data',
    server.data,
  ]);
  assert.equal(JSON.parse(stdout).count, 1, 'none is there twice');
});

/** Clients that open sessions, send half a message, and are killed. */
async function vanish(port: number, count: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'relp-client.ts'), String(port), String(count)]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test(`${VANISHING} clients of RELP killed in mid-frame leave no descriptor and no memory behind`, async (t) => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, listen: ['relp://127.0.0.1:0'], execArgv: EARLY });
  const port = await server.port('relp0');
  const descriptors = () => globSync(`/proc/${server.child.pid}/fd/*`).length;
  const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))![1]);
  const open = async () => (await server.stats()).counters['listen.relp0.connections.open'];
  const round = async () => {
    await vanish(port, AT_ONCE);
    await until('all to be gone', async () => (await open()) === 0);
  };
  // The first ones make the server take the memory that it keeps.
  for (let warm = 0; warm < 4; warm++) await round();
  const before = { descriptors: descriptors(), memory: memory() };
  for (let gone = 0; gone < VANISHING; gone += AT_ONCE) await round();
  await using sender = await RelpSender.open(`127.0.0.1:${port}`);
  await sender.send(['<13>1 - h after - - - hello']);
  await sender.answered();
  await sender.command('close');
  await sender.tcp.closed();
  const after = { descriptors: descriptors(), memory: memory() };
  t.diagnostic(
    `descriptors ${before.descriptors}, then ${after.descriptors}; KiB ${before.memory}, then ${after.memory}`,
  );
  assert.ok(after.descriptors <= before.descriptors * 1.05, 'descriptors');
  assert.ok(after.memory <= before.memory * 1.05, 'memory');
  const { counters } = await server.stats();
  assert.equal(counters['listen.relp0.received.frames'], 1);
});

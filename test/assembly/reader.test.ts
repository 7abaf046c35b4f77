import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { ask } from '../http/client.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { World } from './world.ts';

/** Runs a writer and a reader over a new store that holds these lines. */
async function openWith(path: string, ...lines: string[]) {
  const world = await World.open(path);
  const writer = world.startWriter();
  writer.main.post({ kind: 'start', nonce: world.spool.nonce, lastEarlier: 0 });
  const { node } = await writer.main.next('ready');
  await world.receive(...lines);
  const stored = world.spool.durable.sequence;
  for (;;) {
    const { version } = world.visible;
    if ((world.visible.position?.sequence ?? 0) >= stored) break;
    await world.visible.changed(version, 1000);
  }
  const reader = world.startReader();
  const stop = async (): Promise<void> => {
    reader.main.post({ kind: 'stop' });
    writer.main.post({ kind: 'drain' });
    await Promise.all([reader.ended, writer.ended]);
    await world[Symbol.asyncDispose]();
  };
  return { world, node, main: reader.main, [Symbol.asyncDispose]: stop };
}

test('the reader serves health at once and answers once the writer has the store open', async () => {
  using folder = temporaryFolder();
  await using open = await openWith(folder.path, '<13>1 - web1 app - - - one', '<13>1 - web1 app - - - two');
  const { world, node, main } = open;
  await main.next('serving');
  assert.equal((await ask(world.socket, '/health/ready', {}, 'GET')).status, 503);
  assert.equal((await ask(world.socket, '/search', {})).status, 503);
  main.post({ kind: 'begin', node });
  await main.next('ready');
  main.post({ kind: 'state', unready: [], degraded: [], listeners: [] });
  main.post({ kind: 'ping' });
  await main.next('pong');
  assert.equal((await ask(world.socket, '/health/ready', {}, 'GET')).status, 200);
  const { rows } = await ask(world.socket, '/search', {});
  assert.deepEqual(
    rows.flatMap(({ message }) => message ?? []),
    ['one', 'two'],
  );
  const { rows: stats } = await ask(world.socket, '/stats', {});
  assert.equal(stats[0]!['version'], '1.2.3');
  assert.equal((stats[0]!['counters'] as Record<string, number>)['writer.messages'], 2);
});

test('a reader that is stopped before the store is open ends and removes its socket', async () => {
  using folder = temporaryFolder();
  await using world = await World.open(folder.path);
  const { main, ended } = world.startReader();
  await main.next('serving');
  assert.ok(existsSync(world.socket));
  main.post({ kind: 'stop' });
  await ended;
  assert.ok(!existsSync(world.socket));
});

test('the reader answers by the retention of the reloaded settings', async () => {
  using folder = temporaryFolder();
  await using open = await openWith(folder.path, '<13>1 - web1 app - - - one');
  const { world, node, main } = open;
  main.post({ kind: 'begin', node });
  await main.next('ready');
  const keepOf = async () => (await ask(world.socket, '/streams', {})).rows[0];
  const streams = world.settings.streams.map((stream) => ({ ...stream, keep: 3_600_000 }));
  assert.match(JSON.stringify(await keepOf()), /"keep":2592000000/);
  main.post({ kind: 'reload', settings: { ...world.settings, streams }, counters: world.counters.names });
  main.post({ kind: 'ping' });
  await main.next('pong');
  assert.match(JSON.stringify(await keepOf()), /"keep":3600000/);
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogMessage } from '../../src/model/message.ts';
import { MongoWorld } from '../support/mongo-world.ts';
import { needsMongod, startReplicaSet } from '../support/mongod.ts';
import { freePort } from '../support/ports.ts';
import { cordwood, Server } from '../support/server.ts';
import { SteadySender } from '../support/steady.ts';
import { until } from '../support/until.ts';

/** Lines a second, and for how many seconds before the kill. */
const RATE = Number(process.env['CORDWOOD_MONGO_FORWARD_RATE'] ?? 200);
const SECONDS = Number(process.env['CORDWOOD_MONGO_FORWARD_SECONDS'] ?? 3);
const WINDOW = 256;

test('of two receivers of a replica set, the one that forwards is killed: the other one goes on, and each line is at the central server once', {
  skip: await needsMongod({ own: true }),
}, async (t) => {
  await using world = new MongoWorld(await startReplicaSet());
  const port = await freePort();
  const centralConfig = join(world.folder, 'central.yaml');
  writeFileSync(
    centralConfig,
    `listen: [{kind: relp, address: '127.0.0.1:${port}', relays: ['127.0.0.1'], max_frame: 68KiB}]\n`,
  );
  await using central = await Server.start({ data: world.data('central'), config: centralConfig });
  const config = world.config();
  const forward = `forward: [{kind: relp, name: central, to: ['127.0.0.1:${port}'], from: start, window: ${WINDOW}}]\n`;
  writeFileSync(config, readFileSync(config, 'utf8') + forward);
  await using first = await world.start({ data: world.data('a'), config });
  await until(
    'the first one to forward',
    async () => (await first.stats()).counters['forward.central.connected'] === 1,
  );
  await using second = await world.start({ data: world.data('b'), config });
  // What the killed one had received waits in its spool; so lines go to the other one.
  const sender = new SteadySender({
    address: `127.0.0.1:${await second.port('tcp0')}`,
    name: 'app',
    rate: RATE,
    looks: true,
  });
  const atCentral = async () => (await central.stats()).counters['relay.taken'] ?? 0;
  await until('lines of the other one at the central server', async () => (await atCentral()) > RATE);
  await sleep(SECONDS * 1000);
  assert.equal((await second.stats()).counters['forward.central.sent'], 0, 'only one forwards');
  await first.kill('SIGKILL');
  const killed = performance.now();
  await until(
    'the other one to forward',
    async () => (await second.stats()).counters['forward.central.sent']! > 0,
    90_000,
  );
  t.diagnostic(`the other one goes on ${((performance.now() - killed) / 1000).toFixed(1)} s after the kill`);
  await sender.stop();
  await until('all to be taken', async () => (await atCentral()) >= sender.sent, 60_000);
  const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', central.data, 'app']);
  const numbers = stdout
    .split('\n')
    .filter(Boolean)
    .map((text) => Number(/\d+$/.exec((JSON.parse(text) as LogMessage).message)![0]));
  assert.deepEqual(
    numbers,
    Array.from({ length: sender.sent }, (_, number) => number),
  );
  const again = (await central.stats()).counters['relay.again']!;
  // The cursor is saved each second: what was acknowledged since then, and a window, comes again.
  t.diagnostic(`${sender.sent} lines, ${again} of them again, and dropped at the central server`);
  assert.ok(again <= WINDOW + 60 * RATE, `${again} again`);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoWorld } from '../support/mongo-world.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { compare, NumberedSender } from '../support/numbered.ts';
import { cordwood } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Seconds that MongoDB is away: first stopped, then killed; 60 in full. */
const AWAY = Number(process.env['CORDWOOD_OUTAGE'] ?? 6);
const RATE = 5000;
const skip = await needsMongod({ own: true });

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

test('stopping and killing MongoDB at 5,000 messages a second loses and repeats nothing, in little memory', {
  skip,
}, async (context) => {
  await using world = new MongoWorld(await Mongod.start());
  const { mongo: mongod, logs } = world;
  await using server = await world.start();
  const pid = server.child.pid!;
  const sender = new NumberedSender(`127.0.0.1:${await server.port('tcp0')}`, RATE);
  await until('some to be stored', async () => (await server.stats()).counters['writer.messages']! > RATE);
  const before = residentBytes(pid);
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, 200);
  mongod.child.kill('SIGSTOP');
  await sleep((AWAY * 1000) / 2);
  await mongod.kill();
  await sleep((AWAY * 1000) / 2);
  await mongod.restart();
  const returned = performance.now();
  const sent = await sender.stop();
  await until('all of it to be stored', async () => (await logs.countDocuments()) >= sent, 90_000);
  const drained = (performance.now() - returned) / 1000;
  clearInterval(watch);
  assert.deepEqual(await compare(logs, sent), { lost: 0, twice: 0 });
  const grown = (most - before) / 2 ** 20;
  context.diagnostic(
    `${sent} sent, away for ${AWAY} s, drained ${drained.toFixed(1)} s after; memory grew by ${grown.toFixed(0)} MiB`,
  );
  assert.ok(grown < 200, `memory grew by ${grown} MiB`);
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
  const where = ['--data', server.data, '--config', world.config()];
  const { stdout } = await cordwood(['account', '-S', 'all', '-o', 'json', ...where]);
  const { total, faults } = JSON.parse(stdout);
  assert.deepEqual([total.received, total.stored, faults], [sent, sent, []]);
});

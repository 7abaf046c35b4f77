import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { mongoConfig } from '../support/mongo-config.ts';
import { Mongod, needsMongod, startReplicaSet } from '../support/mongod.ts';
import { compare, NumberedSender } from '../support/numbered.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Seconds that MongoDB is away: first stopped, then killed; 60 in full. */
const AWAY = Number(process.env['CORDWOOD_OUTAGE'] ?? 6);
/** Seconds between two primaries that step down, and how often: 10 s for two minutes in full, 10 and 12. */
const [EVERY = 4, TIMES = 2] = (process.env['CORDWOOD_STEPDOWNS'] ?? '4,2').split(',').map(Number);
const RATE = 5000;
const skip = await needsMongod({ own: true });

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

test('MongoDB is stopped, then killed, at 5,000 messages a second: none lost, none twice, little memory', {
  skip,
}, async (context) => {
  await using mongod = await Mongod.start();
  using folder = temporaryFolder();
  const config = mongoConfig(folder.path, { uri: mongod.uri, database: 'outage' });
  await using server = await Server.start({ data: join(folder.path, 'data'), config });
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
  await using client = new MongoClient(mongod.uri);
  const logs = client.db('outage').collection('logs_default');
  await until('all of it to be stored', async () => (await logs.countDocuments()) >= sent, 90_000);
  const drained = (performance.now() - returned) / 1000;
  clearInterval(watch);
  assert.deepEqual(await compare(logs, sent), { lost: 0, twice: 0 });
  const grown = (most - before) / 2 ** 20;
  context.diagnostic(
    `${sent} sent, away for ${AWAY} s, drained ${drained.toFixed(1)} s after; memory grew by ${grown.toFixed(0)} MiB`,
  );
  assert.ok(grown < 200, `memory grew by ${grown} MiB`);
});

test('primaries step down under load: none lost, none twice', { skip }, async (context) => {
  await using set = await startReplicaSet();
  using folder = temporaryFolder();
  const config = mongoConfig(folder.path, { uri: set.uri, database: 'elections' });
  await using server = await Server.start({ data: join(folder.path, 'data'), config });
  const sender = new NumberedSender(`127.0.0.1:${await server.port('tcp0')}`, RATE / 5);
  for (let time = 0; time < TIMES; time++) {
    await sleep(EVERY * 1000);
    await set.stepDown();
  }
  await sleep(EVERY * 1000);
  const sent = await sender.stop();
  await using client = new MongoClient(set.uri);
  const logs = client.db('elections').collection('logs_default', { readConcern: { level: 'majority' } });
  await until('all of it to be stored', async () => (await logs.countDocuments().catch(() => 0)) >= sent, 90_000);
  assert.deepEqual(await compare(logs, sent), { lost: 0, twice: 0 });
  const { term } = await client.db('admin').command({ replSetGetStatus: 1 });
  assert.ok(term > TIMES, `there were only ${term} elections`);
  const { counters } = await server.stats();
  context.diagnostic(`${sent} sent, ${TIMES} primaries stepped down, ${counters['writer.retries']} batches sent again`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { nodeNumber } from '../../../../src/cluster/nodes.ts';
import { connectReader } from '../../../../src/store/mongo/connection.ts';
import { MongoReader } from '../../../../src/store/mongo/read/reader.ts';
import { MongoWriter } from '../../../../src/store/mongo/write/writer.ts';
import { holdsOf } from '../../../../src/store/retention/holds.ts';
import { usageOf } from '../../../bench/usage.ts';
import { batchOf } from '../../../support/batches.ts';
import { Mongod, needsMongod } from '../../../support/mongod.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { until } from '../../../support/until.ts';

/** Messages that expire; a million in full. */
const MESSAGES = Number(process.env['CORDWOOD_TTL'] ?? 20_000);
const KEEP = 120_000;
const SECOND = 1000;

/** The server's own clock and its own monitor, which passes every second here instead of every minute. */
test('messages are deleted after their keep, a new keep applies at once, and messages of a hold stay', {
  skip: await needsMongod({ own: true }),
}, async (context) => {
  await using mongod = await Mongod.start(['--setParameter', 'ttlMonitorSleepSecs=1']);
  using folder = temporaryFolder();
  const target = { uri: mongod.uri, database: 'ttl', nodeNumber };
  const options = { folder: folder.path, now: Date.now, streams: [{ name: 'default', keep: KEEP }] };
  await using writer = await MongoWriter.open(target, options);
  await using reader = new MongoReader(connectReader(target), options);
  await using client = new MongoClient(mongod.uri);
  const logs = client.db('ttl').collection('logs_default');
  const insert = async (received: number, from: number, count: number): Promise<void> => {
    for (let at = 0; at < count; at += 5000) {
      const drafts = Array.from({ length: Math.min(5000, count - at) }, (_, index) => ({
        received_at: new Date(received),
        hostname: `host${index % 40}`,
        appname: 'app',
        message: `message ${from + at + index}`,
      }));
      await writer.insert(batchOf(drafts, { from: from + at }));
    }
  };
  const start = Date.now();
  // As if sent so long ago that it takes as long as storing them does until they expire.
  const wait = 4 * SECOND + MESSAGES / 10;
  await insert(start - KEEP + wait, 1, MESSAGES);
  await holdsOf(writer).add({
    name: 'case-17',
    query: '',
    filter: { kind: 'equals', field: 'hostname', value: 'host7' },
    why: '',
    addedAt: 0,
    until: start - KEEP + wait + 1,
  });
  await writer.expire(Date.now());
  const held = MESSAGES / 40;
  assert.equal(await logs.countDocuments(), MESSAGES);
  const cpu = () => usageOf(mongod.child.pid!).cpu;
  await sleep(Math.max(0, start + wait - Date.now()));
  const before = cpu();
  await until('the messages to be gone', async () => (await logs.estimatedDocumentCount()) === held, 120_000);
  const each = ((cpu() - before) * 1e6) / (MESSAGES - held);
  const late = (Date.now() - (start + wait)) / SECOND;
  context.diagnostic(
    `${MESSAGES} messages gone ${late.toFixed(1)} s after their retention, passes of 1 s included, ${each.toFixed(0)} µs CPU of mongod each`,
  );
  await writer.expire(Date.now());
  const [edge] = await reader.retentionEdges();
  assert.deepEqual([edge?.stream, edge?.why], ['default', 'keep']);

  await insert(Date.now() - 90 * SECOND, MESSAGES + 1, 1000);
  assert.equal(await logs.countDocuments(), held + 1000);
  writer.setRetention({ streams: [{ name: 'default', keep: 60 * SECOND }] });
  await writer.expire(Date.now());
  await until('the shorter keep to take effect', async () => (await logs.countDocuments()) === held, 30_000);
  await holdsOf(writer).release('case-17');
  await writer.expire(Date.now());
  await until('what was held to go, too', async () => (await logs.countDocuments()) === 0, 30_000);
});

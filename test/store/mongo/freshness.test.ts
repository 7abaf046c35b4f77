import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { nodeNumber } from '../../../src/cluster/nodes.ts';
import { connectReader } from '../../../src/store/mongo/connection.ts';
import { MongoReader } from '../../../src/store/mongo/read/reader.ts';
import { MongoWriter } from '../../../src/store/mongo/write/writer.ts';
import { batchOf } from '../../support/batches.ts';
import { Mongod, needsMongod, startReplicaSet } from '../../support/mongod.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { until } from '../../support/until.ts';
import { count, find } from '../suite/tools.ts';

test('a read waits for a server that lags behind acknowledged writes', {
  skip: await needsMongod({ own: true }),
}, async () => {
  await using set = await startReplicaSet(['--setParameter', 'enableTestCommands=1']);
  using folder = temporaryFolder();
  const options = { folder: folder.path, now: Date.now, streams: [] };
  const database = set.database();
  await using writer = await MongoWriter.open({ uri: set.uri, database, nodeNumber }, options);
  await writer.insert(batchOf([{ message: 'first' }]));
  const lagging = await until('a secondary that has the first', async () => {
    for (const { uri } of set.members) {
      await using client = new MongoClient(uri);
      const { isWritablePrimary } = await client.db('admin').command({ hello: 1 });
      const found = await client.db(database).collection('logs_default').countDocuments();
      if (!isWritablePrimary && found === 1) return uri;
    }
    return false;
  });
  await using client = new MongoClient(lagging);
  const lag = (mode: string) => client.db('admin').command({ configureFailPoint: 'rsSyncApplyStop', mode });
  await lag('alwaysOn');
  await writer.insert(batchOf([{ message: 'second' }], { from: 2 }));
  await using reader = new MongoReader(connectReader({ uri: lagging, database }), options);
  assert.equal((await find(reader)).length, 1, 'the secondary does not have the second message yet');
  reader.advanceClusterTime(writer.clusterTime!);
  const [found, counted] = [find(reader), count(reader)];
  await lag('off');
  assert.deepEqual(
    (await found).map(({ message }) => message),
    ['first', 'second'],
  );
  assert.equal(await counted, 2);
});

test('a read waits for no cluster time on a standalone server', {
  skip: await needsMongod({ own: true }),
}, async () => {
  await using mongod = await Mongod.start();
  using folder = temporaryFolder();
  const options = { folder: folder.path, now: Date.now, streams: [] };
  const target = { uri: mongod.uri, database: 'single', nodeNumber };
  await using writer = await MongoWriter.open(target, options);
  await writer.insert(batchOf([{ message: 'first' }]));
  assert.equal(writer.clusterTime, undefined);
  await using reader = new MongoReader(connectReader(target), options);
  reader.advanceClusterTime(1n << 62n);
  assert.equal((await find(reader)).length, 1);
});

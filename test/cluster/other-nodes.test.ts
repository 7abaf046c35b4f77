import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtherNodes } from '../../src/cluster/other-nodes.ts';
import { SILENT } from '../../src/base/log.ts';
import { idOf } from '../../src/model/id.ts';
import type { NodeReport } from '../../src/cluster/contract.ts';
import { connectReader } from '../../src/store/mongo/connection.ts';
import { MongoReader } from '../../src/store/mongo/read/reader.ts';
import { MongoWriter } from '../../src/store/mongo/write/writer.ts';
import { nodeNumber, reportNode } from '../../src/cluster/nodes.ts';
import { batchOf, EPOCH } from '../support/batches.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { find } from '../store/suite/tools.ts';

const REPORT = { host: 'h', version: '0', startedAt: EPOCH, every: 2000, stopped: false, counters: {} };
const idAt = (node: number, sequence: number) => idOf({ receivedAt: EPOCH + sequence, node, sequence });

test('of a node that was killed in mid-batch, searches show everything stored, and followers skip nothing', {
  skip: await needsMongod(),
}, async () => {
  await using mongod = await startMongod();
  using folder = temporaryFolder();
  const options = { folder: folder.path, now: Date.now, streams: [] };
  const target = { uri: mongod.uri, database: mongod.database(), nodeNumber };
  await using writer = await MongoWriter.open(target, options);
  await using store = new MongoReader(connectReader(target), options);
  const state = writer.state('nodes');
  for (const nonce of ['ours', 'killed in mid-batch', 'killed before its first report']) await nodeNumber(state, nonce);
  const report = (visible: string): Promise<void> =>
    reportNode(state, { node: 2, ...REPORT, heartbeatAt: Date.now(), visible } satisfies NodeReport);
  await writer.insert(batchOf([{}, {}, {}], { node: 2 }));
  await report(idAt(2, 3));
  // Only this piece of the last batch was stored; 4 and 5 are still in the spool.
  await writer.insert(batchOf([{}, {}], { node: 2, from: 6 }));
  await writer.insert(batchOf([{}], { node: 3 }));
  const sequences = async (upTo: readonly string[]) =>
    (await find(store, { upTo })).map(
      ({ _id }) => `${Number(`0x${_id.slice(12, 16)}`)}/${Number(`0x${_id.slice(16)}`)}`,
    );

  await using once = await OtherNodes.read({ store, own: 1, log: SILENT });
  assert.deepEqual(await sequences(once.shown()), ['2/1', '2/2', '2/3'], 'while the node may still store the rest');
  await using others = await OtherNodes.read({ store, own: 1, silentMs: 0, log: SILENT });
  others.watch();
  const all = ['2/1', '3/1', '2/2', '2/3', '2/6', '2/7'];
  await until('the node to be silent', async () => (await sequences(others.shown())).length === all.length);
  assert.deepEqual((await sequences(others.shown())).toSorted(), all.toSorted());
  assert.deepEqual(await sequences(others.visible()), ['2/1', '2/2', '2/3']);

  await writer.insert(batchOf([{}, {}, {}, {}], { node: 2, from: 4 }));
  await report(idAt(2, 7));
  const passed = idAt(2, 7);
  await until('the return of the node', () => others.visible().includes(passed));
  const rest = await find(store, { after: [idAt(2, 3), idAt(3, 9)], upTo: others.visible() });
  assert.deepEqual(
    rest.map(({ _id }) => _id),
    [4, 5, 6, 7].map((sequence) => idAt(2, sequence)),
  );
});

test('followers read everything that a node stored once the node is gone', { skip: await needsMongod() }, async () => {
  await using mongod = await startMongod();
  using folder = temporaryFolder();
  const options = { folder: folder.path, now: Date.now, streams: [] };
  const target = { uri: mongod.uri, database: mongod.database(), nodeNumber };
  await using writer = await MongoWriter.open(target, options);
  await using store = new MongoReader(connectReader(target), options);
  for (const nonce of ['ours', 'gone']) await nodeNumber(writer.state('nodes'), nonce);
  await writer.insert(batchOf([{}, {}], { node: 2 }));
  await reportNode(writer.state('nodes'), { node: 2, ...REPORT, heartbeatAt: Date.now(), visible: idAt(2, 1) });
  await using others = await OtherNodes.read({ store, own: 1, silentMs: 0, goneMs: 0, log: SILENT });
  others.watch();
  await until('the last id of the node', () => others.visible().includes(idAt(2, 2)));
  assert.deepEqual(others.visible().toSorted(), [nothing(1), idAt(2, 2)]);
});

function nothing(node: number): string {
  return idOf({ receivedAt: 0, node, sequence: 0 });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { MongoState } from '../../../src/store/mongo/state.ts';
import { FakeRouter } from '../../support/fake-router.ts';
import { Mongod, needsMongod } from '../../support/mongod.ts';
import { until } from '../../support/until.ts';

const AHEAD = 3_600_000;
const LEASE = 20_000;

test("behind routers whose clocks differ, leases and the alerts' clock go by a shard", {
  skip: await needsMongod({ own: true }),
}, async () => {
  await using shard = await Mongod.start(['--replSet', 'r']);
  await using direct = new MongoClient(shard.uri);
  const members = [{ _id: 0, host: `127.0.0.1:${shard.port}` }];
  await direct.db('admin').command({ replSetInitiate: { _id: 'r', members } });
  await until('a primary', async () => (await direct.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true);

  await using right = await FakeRouter.start(shard.port, 0);
  await using fast = await FakeRouter.start(shard.port, AHEAD);
  await using rightClient = new MongoClient(right.uri);
  await using fastClient = new MongoClient(fast.uri);

  const { localTime, msg } = await fastClient.db('x').command({ hello: 1 });
  assert.equal(msg, 'isdbgrid');
  assert.ok(localTime.getTime() - Date.now() > AHEAD / 2, 'the clock of the router is ahead');
  const update = [{ $set: { at: '$$NOW' } }];
  const set = await fastClient.db('x').collection<{ _id: number; at: Date }>('y').findOneAndUpdate({ _id: 1 }, update, {
    upsert: true,
    returnDocument: 'after',
  });
  assert.ok(set!.at.getTime() - Date.now() > AHEAD / 2, 'so is $$NOW');

  const [one, two] = [rightClient, fastClient].map((client) => new MongoState(client.db('cordwood'), Date.now));
  for (const state of [one!, two!]) {
    const between = Math.abs((await state.time()) - Date.now());
    assert.ok(between < AHEAD / 2, `${between} ms from the shard's clock`);
  }
  const lease = (state: MongoState, holder: string) => state.namespace('cluster').lease('evaluator', holder, LEASE);
  assert.equal(await lease(one!, 'one'), true);
  assert.equal(await lease(two!, 'two'), false, 'the router an hour ahead takes no lease that still runs');
  assert.equal(await lease(one!, 'one'), true, 'its holder renews it');
  assert.equal(await one!.namespace('cluster').lease('evaluator', 'one', 0), true);
  assert.equal(await lease(two!, 'two'), true, 'a lease that was given back is free');
  assert.equal(await lease(one!, 'one'), false, 'and lasts for those behind the other router, too');
  const stored = await direct.db('cordwood').collection<{ _id: string; until: Date }>('cordwood_leases').findOne({});
  assert.ok(stored!.until.getTime() - Date.now() < AHEAD / 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Binary } from 'mongodb';
import { MongoWorld } from '../support/mongo-world.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { cordwood } from '../support/server.ts';
import { until } from '../support/until.ts';

/** A message as an earlier build stored it. */
const EARLIER = {
  _id: new Binary(Buffer.from('01a2033f0c6800010000000000000001', 'hex')) as never,
  received_at: new Date(0x01a2033f0c68),
  timestamp: new Date(0x01a2033f0c68),
  facility: 4,
  severity: 6,
  level: 'info',
  hostname: 'web1',
  version: 1,
  structured_data: [{ id: 'exampleSDID@32473', params: [{ name: 'iut', value: '3' }] }],
  fields: [
    { name: 'user', value: 'ada' },
    { name: 'status', value: 500 },
  ],
  message: 'from an earlier build',
  source: { ip: '192.0.2.7', port: 514, transport: 'tcp', listener: 'tcp0' },
  stream: 'default',
  format: 'rfc5424',
  flags: [],
};

test('a database of an earlier build is refused, converted by command, and answers then', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  await world.db.collection('logs_default').insertOne(EARLIER);
  const where = ['--data', world.data(), '--config', world.config()];
  const search = ['search', '-S', 'all', '-o', 'json', 'fields.status:500', ...where];
  for (const command of [search, ['count', '-S', 'all', ...where], ['serve', ...where]]) {
    const { code, stderr } = await cordwood(command);
    assert.notEqual(code, 0);
    assert.match(stderr, /an earlier build wrote logs_default, .* run cordwood convert/, command[0]);
  }
  const converted = await cordwood(['convert', ...where]);
  assert.deepEqual([converted.code, converted.stderr], [0, '-- looked at 1 message, converted 1\n']);
  await using server = await world.start();
  const answer = await cordwood(search);
  assert.equal(answer.code, 0, answer.stderr);
  const found = JSON.parse(answer.stdout);
  assert.deepEqual(found.fields, { user: 'ada', status: 500 });
  assert.deepEqual(found.structured_data, { 'exampleSDID@32473': { iut: '3' } });
  await server.send(['<14>1 - h a - - [a b="1"] new']);
  await until('the new line', async () => (await world.logs.countDocuments({ 'structured_data.a.b': '1' })) === 1);
  const refused = await cordwood(['convert', '--to', mongod.uri, '--database', world.database, ...where]);
  assert.equal(refused.code, 4, refused.stderr);
  assert.match(refused.stderr, /cannot convert: the server on \S+ \(node 1\) still runs, .*; stop it/);
});

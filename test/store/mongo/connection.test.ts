import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from '../../../src/base/schema.ts';
import { connectReader, connectWriter, serversOf } from '../../../src/store/mongo/connection.ts';
import { openMongoReader } from '../../../src/store/mongo/index.ts';
import { mongoSchema } from '../../../src/store/mongo/settings.ts';
import { Mongod, needsMongod, startMongod } from '../../support/mongod.ts';

const parse = (given: Record<string, unknown>) => mongoSchema.safeParse({ kind: 'mongodb', ...given });

test('settings: the database defaults to cordwood', () => {
  const { data } = parse({ uri: 'mongodb://db1' });
  assert.deepEqual(data, { kind: 'mongodb', uri: 'mongodb://db1', database: 'cordwood' });
});

const bad: readonly (readonly [given: Record<string, unknown>, message: RegExp])[] = [
  [{}, /is missing/],
  [{ uri: 'db1:27017' }, /is not of the form/],
  [{ uri: 'mongodb://logs:hunter2@db1' }, /a password in the uri is not allowed; give only the user/],
  [{ uri: 'mongodb://db1/?tlsCertificateKeyFilePassword=hunter2' }, /a password among the options/],
  [{ uri: 'mongodb://db1', database: 'a.b' }, /is not a database name/],
  [{ uri: 'mongodb://db1', password: 'hunter2' }, /not allowed here/],
  [{ uri: 'mongodb://db1', partition: 'hour' }, /day/],
  [{ uri: 'mongodb://db1', in_flight: 65 }, /is more than 64/],
];
for (const [given, message] of bad) {
  test(`settings: ${JSON.stringify(given)} is rejected`, () => {
    const text = z.prettifyError(parse(given).error!);
    assert.match(text, message);
    assert.doesNotMatch(text, /hunter2/);
  });
}

test('messages name only the servers of an address', () => {
  assert.equal(serversOf('mongodb://logs@db1,db2:27018/x?replicaSet=r'), 'mongodb://db1,db2:27018');
  assert.equal(serversOf('mongodb+srv://cluster.example.org'), 'mongodb+srv://cluster.example.org');
});

test('a password is used for the connection and never shown in errors', () => {
  const password = 'p:@ss/w';
  const connection = connectWriter({ uri: 'mongodb://logs@db1', database: 'x', password });
  assert.equal(connection.client.options.credentials?.password, password);
  const refused = () => connectWriter({ uri: 'mongodb://logs@db1/?nonsense=1', database: 'x', password });
  assert.throws(
    refused,
    (error: Error) =>
      /cannot use the store mongodb:\/\/db1: /.test(error.message) && !/ss\/w/.test(String(error.cause)),
  );
});

test('the writing and the reading client connect to a server', { skip: await needsMongod() }, async () => {
  await using server = await startMongod();
  const target = { uri: server.uri, database: server.database() };
  await using writer = connectWriter(target);
  await using reader = connectReader(target);
  await writer.db.collection<{ _id: number }>('x').insertOne({ _id: 1 });
  assert.deepEqual(await reader.db.collection('x').find().toArray(), [{ _id: 1 }]);
});

test('a client whose first connection failed connects once the server is there', {
  skip: await needsMongod({ own: true }),
}, async () => {
  await using mongod = await Mongod.start();
  const target = { uri: `${mongod.uri}&serverSelectionTimeoutMS=300`, database: 'x' };
  await mongod.kill();
  for (const connect of [connectReader, connectWriter]) {
    const { client, db } = connect(target);
    const ping = () => Promise.all([db.command({ ping: 1 }), db.collection('x').find().toArray()]);
    await assert.rejects(ping(), /ECONNREFUSED/);
    await assert.rejects(ping(), /ECONNREFUSED/);
    await mongod.restart();
    await ping();
    await mongod.kill();
    await assert.rejects(ping());
    await mongod.restart();
    await ping();
    await client.close();
    await assert.rejects(ping(), /must be connected|closed/);
    await mongod.kill();
  }
});

test('a reader returns the time of the server', { skip: await needsMongod() }, async () => {
  await using mongod = await startMongod();
  const options = { folder: '', now: Date.now, streams: [] };
  await using store = await openMongoReader({ uri: mongod.uri, database: mongod.database() }, options);
  const before = Date.now();
  const time = await store.time!();
  assert.ok(time >= before - 1000 && time <= Date.now() + 1000, `${before} ${time}`);
});

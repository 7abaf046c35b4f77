import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BSON, MongoClient } from 'mongodb';
import { nodeNumber } from '../../../../src/cluster/nodes.ts';
import type { MessageBatch } from '../../../../src/model/batch.ts';
import type { LogMessage } from '../../../../src/model/message.ts';
import type { StoreOptions } from '../../../../src/store/contract.ts';
import { readDeadLetters } from '../../../../src/store/dead-letters.ts';
import { fromDocument, messagesIn } from '../../../../src/store/mongo/documents.ts';
import { MongoWriter } from '../../../../src/store/mongo/write/writer.ts';
import { batchOf, EPOCH, messagesOf } from '../../../support/batches.ts';
import { Mongod, needsMongod, startMongod, type TestServer } from '../../../support/mongod.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { at, sample } from '../../suite/tools.ts';

const skip = await needsMongod();
let server: TestServer;
before(async () => {
  if (!skip) server = await startMongod();
});
after(async () => {
  if (!skip) await server[Symbol.asyncDispose]();
});

/** A writer on a database of its own, what it stored, and its folder. */
async function world(more: Partial<StoreOptions> = {}, uri = server.uri) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const target = { uri, database: server.database(), nodeNumber };
  const client = stack.use(new MongoClient(uri));
  const db = client.db(target.database);
  const refused: number[] = [];
  const options: StoreOptions = {
    folder: folder.path,
    now: () => EPOCH,
    streams: [{ name: 'default' }],
    onDeadLetter: (_, row) => refused.push(row),
    ...more,
  };
  const writer = stack.use(await MongoWriter.open(target, options));
  const stored = async (collection = 'logs_default'): Promise<LogMessage[]> =>
    (await messagesIn(db, collection).find().sort({ _id: 1 }).toArray()).map(fromDocument);
  return {
    writer,
    client,
    db,
    stored,
    refused,
    folder: folder.path,
    target,
    options,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('the driver still has what sends encoded documents as they are, without which inserts take memory and time', () => {
  const require = createRequire(import.meta.url);
  assert.equal(typeof require('mongodb/lib/cmap/commands.js').DocumentSequence.prototype.toBin, 'function');
  assert.equal(typeof require('mongodb/lib/cmap/connection.js').Connection.prototype.writeCommand, 'function');
});

test('documents go to the socket as they were encoded, in commands of some megabytes', { skip }, async (context) => {
  await using it = await world();
  const write = context.mock.method(Socket.prototype, 'write');
  const drafts = Array.from({ length: 300 }, (_, row) => ({ message: `${row} ${'x'.repeat(60_000)}` }));
  await it.writer.insert(batchOf(drafts));
  const chunks = write.mock.calls.map(({ arguments: [chunk] }) => chunk as Uint8Array);
  const large = chunks.filter(({ length }) => length > 50_000);
  assert.ok(large.length > 8, `${large.length} chunks`);
  for (const { length, buffer, byteOffset } of large) {
    assert.ok(length < 3e6, `${length} bytes`);
    const first = new DataView(buffer, byteOffset).getInt32(0, true);
    assert.ok(BSON.deserialize(new Uint8Array(buffer, byteOffset, first))['message'].endsWith('xxx'));
  }
  assert.equal((await it.stored()).length, drafts.length);
});

test('inserting stores each row in its stream, and inserting again changes nothing', { skip }, async () => {
  await using it = await world();
  const drafts = sample(2500).map((draft, index) => ({ ...draft, stream: index % 5 === 0 ? 'auth' : 'default' }));
  const batch = batchOf(drafts);
  for (let round = 0; round < 3; round++) await it.writer.insert(batch);
  const all = messagesOf(batch);
  assert.deepEqual(
    await it.stored('logs_auth'),
    all.filter(({ stream }) => stream === 'auth'),
  );
  assert.deepEqual(
    await it.stored(),
    all.filter(({ stream }) => stream === 'default'),
  );
  assert.equal(await it.db.collection('logs').countDocuments(), 2500);
  assert.equal((await it.writer.storedAfter(at(1, 100))).size, 2400);
});

test('other tools find messages by plain queries', { skip }, async () => {
  await using it = await world();
  await it.writer.insert(
    batchOf([
      { hostname: 'web1', severity: 2 },
      { hostname: 'web1', severity: 6 },
      { hostname: 'db1', severity: 1 },
    ]),
  );
  const found = await it.db
    .collection('logs')
    .find({ hostname: 'web1', severity: { $lte: 3 } })
    .toArray();
  assert.equal(found.length, 1);
  assert.equal(found[0]!['level'], 'crit');
  const plan = await it.db.collection('logs_default').find({ hostname: 'web1' }).sort({ _id: -1 }).explain();
  assert.match(JSON.stringify(plan), /cordwood_hostname/);
});

test('a row that a validator refuses becomes one dead letter, and all other rows are stored', { skip }, async () => {
  await using it = await world();
  await it.writer.insert(batchOf([{ message: 'first' }]));
  await it.db.command({ collMod: 'logs_default', validator: { message: { $not: /poison/ } } });
  const drafts = Array.from({ length: 1000 }, (_, index) => ({
    message: index % 100 === 7 ? `poison ${index}\0` : `fine ${index}`,
  }));
  const batch = batchOf(drafts, { from: 2 });
  await it.writer.insert(batch);
  await it.writer.insert(batch);
  assert.equal((await it.stored()).length, 991);
  const letters = readDeadLetters(it.folder);
  assert.deepEqual(
    letters.map(({ message }) => message.message),
    drafts.map(({ message }) => message).filter((text) => text.includes('poison')),
  );
  assert.match(letters[0]!.reason, /failed validation/);
  assert.deepEqual(
    it.refused,
    letters.map((_, index) => index * 100 + 7),
  );
});

test('a batch is not stored until its dead letters are written', { skip }, async () => {
  await using it = await world();
  const batch = batchOf([{ message: 'fine' }, { message: 'x'.repeat(17 << 20) }]);
  mkdirSync(join(it.folder, 'dead-letters.jsonl'));
  await assert.rejects(it.writer.insert(batch), /cannot write .*dead-letters/);
  rmdirSync(join(it.folder, 'dead-letters.jsonl'));
  await it.writer.insert(batch);
  assert.deepEqual([readDeadLetters(it.folder).length, it.refused], [1, [1]]);
});

/** Inserts a batch again and again, as the server does; @returns what the first try threw, and how many there were. */
async function insertPatiently(writer: MongoWriter, batch: MessageBatch): Promise<{ reason: string; tries: number }> {
  let reason = '';
  for (let tries = 1; ; tries++) {
    try {
      await writer.insert(batch);
      return { reason, tries };
    } catch (error) {
      reason ||= (error as Error).message;
      assert.ok(tries < 10, reason);
    }
  }
}

test('a row that a foreign unique index refuses becomes a dead letter at once', { skip }, async () => {
  await using it = await world();
  await it.db.collection('logs_default').createIndex({ procid: 1 }, { unique: true });
  const rows = Array.from({ length: 500 }, (_, index) => ({ procid: String(index === 400 ? 7 : index) }));
  assert.equal((await insertPatiently(it.writer, batchOf(rows))).tries, 1);
  assert.equal((await it.stored()).length, 499);
  assert.match(readDeadLetters(it.folder)[0]!.reason, /E11000 duplicate key .*procid_1.*\(code 11000\)/);
});

test('a row refused with an unlisted code is retried before it becomes one dead letter', { skip }, async () => {
  await using it = await world();
  const options = { language_override: 'msgid' };
  await it.db.collection('logs_default').createIndex({ message: 'text' }, options);
  const rows = (from: number) =>
    Array.from({ length: 500 }, (_, index) => (index === 7 ? { message: `no ${from}`, msgid: 'klingon' } : {}));
  const { reason, tries } = await insertPatiently(it.writer, batchOf(rows(1)));
  assert.equal(tries, 5);
  assert.match(reason, /cannot insert into logs_default: .*klingon.*\(code 17262\)/);
  assert.equal((await insertPatiently(it.writer, batchOf(rows(501), { from: 501 }))).tries, 1, 'it is known by now');
  assert.equal((await it.stored()).length, 998);
  assert.deepEqual(
    readDeadLetters(it.folder).map(({ message }) => message.message),
    ['no 1', 'no 501'],
  );
});

test('an unlisted code of a whole command blames the document at fault, or none', {
  skip: await needsMongod({ own: true }),
}, async () => {
  await using mongod = await Mongod.start(['--setParameter', 'enableTestCommands=1']);
  await using it = await world({}, mongod.uri);
  const admin = it.client.db('admin');
  const failing = { failCommands: ['insert'], errorCode: 51_999, namespace: `${it.target.database}.logs_default` };
  const fail = (mode: unknown) => admin.command({ configureFailPoint: 'failCommand', mode, data: failing });
  const batch = batchOf(sample(1000));
  await fail('alwaysOn');
  for (let round = 0; round < 7; round++) await assert.rejects(it.writer.insert(batch), /\(code 51999\)/);
  assert.deepEqual(readDeadLetters(it.folder), []);
  await fail('off');
  await it.writer.insert(batch);
  assert.equal((await it.stored()).length, 1000);
  // A piece of 250, its halves down to the first row: refused nine times in a row, then taken.
  const next = batchOf(sample(250), { from: 1001 });
  await fail({ times: 4 + 9 });
  assert.equal((await insertPatiently(it.writer, next)).tries, 5);
  assert.equal((await it.stored()).length, 1249);
  assert.match(readDeadLetters(it.folder)[0]!.reason, /\(code 51999\)/);
});

test('only the document over 16 MiB becomes a dead letter', { skip }, async () => {
  await using it = await world();
  await it.writer.insert(batchOf([{ message: 'a' }, { message: 'x'.repeat(17 << 20) }, { message: 'b' }]));
  assert.deepEqual(
    (await it.stored()).map(({ message }) => message),
    ['a', 'b'],
  );
  const [letter, ...rest] = readDeadLetters(it.folder);
  assert.deepEqual(
    [letter?.reason, letter?.message.message.length, rest.length],
    ['it is larger than 16 MiB', 17 << 20, 0],
  );
});

test('a dead letter that a crash cut off is ignored, and the next one is read', { skip }, async () => {
  await using it = await world();
  writeFileSync(join(it.folder, 'dead-letters.jsonl'), '\n{"id":"00","at":1,"reas');
  assert.deepEqual(readDeadLetters(it.folder), []);
  await it.writer.insert(batchOf([{ message: 'x'.repeat(17 << 20) }]));
  assert.equal(readDeadLetters(it.folder).length, 1);
});

test('another message with the same id is stored under a second node number, once', { skip }, async () => {
  await using it = await world();
  await nodeNumber(it.writer.state('nodes'), 'of this spool');
  await it.writer.insert(batchOf([{ message: 'one' }, { message: 'two' }]));
  for (let round = 0; round < 2; round++)
    await it.writer.insert(batchOf([{ message: 'one' }, { message: 'other' }, { message: 'three' }]));
  assert.deepEqual((await it.stored()).map(({ message }) => message).sort(), ['one', 'other', 'three', 'two']);
});

test('a message that a hold has marked counts as the same message', { skip }, async () => {
  await using it = await world();
  await it.writer.insert(batchOf([{ message: 'one' }]));
  await it.db.collection('logs_default').updateMany({}, { $set: { held: 'case-17' } });
  await it.writer.insert(batchOf([{ message: 'one' }]));
  assert.equal((await it.stored()).length, 1);
});

test('the TTL index is created, changed and dropped as configured', { skip }, async () => {
  const minutes = (count: number) => ({ streams: [{ name: 'default', keep: count * 60_000 }] });
  await using it = await world(minutes(2));
  const seconds = async () =>
    (await it.db.collection('logs_default').indexes()).find(({ name }) => name === 'cordwood_ttl')?.expireAfterSeconds;
  assert.equal(await seconds(), 120);
  it.writer.setRetention(minutes(5));
  await it.writer.insert(batchOf([{}]));
  assert.equal(await seconds(), 300);
  it.writer.setRetention({ streams: [{ name: 'default' }] });
  await it.writer.insert(batchOf([{}], { from: 2 }));
  assert.equal(await seconds(), undefined);
  assert.throws(() => it.writer.setRetention(minutes(0.5)), /cannot keep stream default for 30s: .* the minimum is 1m/);
});

test('an interrupted makeSafe is finished at the next start', { skip }, async () => {
  await using it = await world();
  const entries = [{ namespace: 'account', key: 'a', value: 1 }];
  await it.writer.makeSafe(at(7, 3), entries);
  const json = JSON.stringify({ id: '0'.repeat(32), entries: [{ namespace: 'account', key: 'a', value: 2 }] });
  await it.db.collection<{ _id: string }>('cordwood_state').updateOne({ _id: 'store/safe/7' }, { $set: { json } });
  await it.writer.safe(7);
  assert.equal((await it.writer.state('account').get('a'))?.value, 2);
});

test('a foreign collection with the name of the view is not touched', { skip }, async () => {
  await using it = await world({ streams: [] });
  await it.db.collection<{ _id: number }>('logs').insertOne({ _id: 1 });
  await it.writer.insert(batchOf([{}]));
  assert.equal(await it.db.collection('logs').countDocuments(), 1);
});

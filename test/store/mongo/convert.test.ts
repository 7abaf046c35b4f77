import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Binary, type Db, type Document, MongoClient } from 'mongodb';
import { neverAborted } from '../../../src/base/abort.ts';
import { nodeNumber } from '../../../src/cluster/nodes.ts';
import { type MessageBatch, SPAN } from '../../../src/model/batch.ts';
import { readFields } from '../../../src/model/field-texts.ts';
import { parseStructuredData } from '../../../src/model/structured-data.ts';
import { parseQuery } from '../../../src/query/index.ts';
import { fromDocument, toDocument } from '../../../src/store/mongo/documents.ts';
import { convertMongo, openMongoReader, openMongoWriter } from '../../../src/store/mongo/index.ts';
import { batchOf, type Draft, messagesOf } from '../../support/batches.ts';
import { needsMongod, startMongod, type TestServer } from '../../support/mongod.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { sample } from '../suite/tools.ts';

const ODD: readonly Draft[] = [
  { message: 'plain' },
  {
    fields: [
      { name: '$ref', value: 'x' },
      { name: '$id', value: 1 },
      { name: 'a.b', value: null },
      { name: '', value: true },
    ],
  },
  {
    fields: [
      { name: 'n\0', value: 0.5 },
      { name: '%24x', value: 2 },
      { name: 'a', value: 1 },
      { name: 'a', value: '1' },
    ],
  },
  {
    structured_data: [
      { id: 'a@1.2', params: [{ name: '$where', value: '1' }] },
      { id: '7', params: [] },
    ],
  },
  {
    structured_data: [
      { id: 'a', params: [{ name: 'x', value: '1' }] },
      { id: 'b', params: [] },
      { id: 'a', params: [] },
    ],
  },
];
const NONE = new AbortController().signal;

/** A row as an earlier build stored it. */
function earlierDocument(batch: MessageBatch, row: number): Document {
  const { structured_text: _, ...document } = toDocument(batch.message(row));
  const [structured, fields] = [batch.text(row, SPAN.structuredData), batch.text(row, SPAN.fields)];
  if (structured !== undefined) document['structured_data'] = parseStructuredData(structured);
  if (fields !== undefined) document['fields'] = JSON.parse(fields);
  return document;
}

describe('a database that an earlier build wrote', { skip: await needsMongod() }, () => {
  let server: TestServer;
  let client: MongoClient;
  const folder = temporaryFolder();

  before(async () => {
    server = await startMongod();
    client = new MongoClient(server.uri);
  });
  after(async () => {
    await client?.close();
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const options = () => ({ folder: folder.path, now: Date.now, streams: [] });
  const targetOf = (database: string) => ({ uri: server.uri, database, nodeNumber });

  async function filled(batch: MessageBatch): Promise<Db> {
    const db = client.db(server.database());
    const documents = Array.from({ length: batch.count }, (_, row) => earlierDocument(batch, row));
    await db.collection('logs_default').insertMany(documents);
    await db.collection('logs_empty').insertOne({ _id: new Binary(Buffer.alloc(16)) as never });
    return db;
  }

  test('is refused by writers and readers, with the command that converts it', async () => {
    const { databaseName } = await filled(batchOf(ODD));
    const message = new RegExp(
      `cannot use the database ${databaseName}: an earlier build .*; stop .* run cordwood convert$`,
    );
    await assert.rejects(openMongoWriter(targetOf(databaseName), options()), { code: 'ERR_DATA_VERSION', message });
    await using reader = await openMongoReader(targetOf(databaseName), options());
    const query = { filter: { kind: 'all' }, order: 'oldest' } as const;
    await assert.rejects(Array.fromAsync(reader.find(query, neverAborted())), { code: 'ERR_DATA_VERSION', message });
    await assert.rejects(reader.aggregate(query, { by: [] }, neverAborted()), { code: 'ERR_DATA_VERSION', message });
  });

  test('is converted to the documents that this build writes, also if the conversion was stopped', async () => {
    const batch = batchOf([...ODD, ...sample(1000), ...Array.from({ length: 4000 }, () => ODD[4]!)]);
    const db = await filled(batch);
    const target = targetOf(db.databaseName);
    const stop = new AbortController();
    const first = await convertMongo(target, { signal: stop.signal, onProgress: () => stop.abort() });
    assert.ok(first.converted > 0 && first.seen < batch.count, JSON.stringify(first));
    await assert.rejects(openMongoWriter(target, options()), { code: 'ERR_DATA_VERSION' });
    const second = await convertMongo(target, { signal: NONE, onProgress: () => {} });
    assert.equal(second.seen, batch.count + 1);
    assert.ok(second.converted < second.seen - first.converted);
    const stored = await db.collection('logs_default').find().sort({ _id: 1 }).toArray();
    const messages = messagesOf(batch);
    assert.deepEqual(stored.map(fromDocument), messages);
    assert.deepEqual(await convertMongo(target, { signal: NONE, onProgress: () => assert.fail() }), {
      seen: 0,
      converted: 0,
    });
    await using writer = await openMongoWriter(target, options());
    // A server that restarts finds its own messages: nothing is stored twice, nothing as a second node.
    await writer.insert(batch);
    assert.equal(await db.collection('logs_default').countDocuments(), batch.count);
  });

  test('a new database is recorded, and one of a newer build is refused', async () => {
    const db = client.db(server.database());
    const target = targetOf(db.databaseName);
    await using writer = await openMongoWriter(target, options());
    await writer.insert(batchOf(ODD));
    await using again = await openMongoWriter(target, options());
    assert.ok(again);
    await db.collection('cordwood_state').updateOne({ _id: 'layout/documents' as never }, { $set: { json: '3' } });
    const message = /a newer build wrote it \(layout 3\)/;
    await assert.rejects(openMongoWriter(target, options()), { code: 'ERR_DATA_VERSION', message });
    await assert.rejects(convertMongo(target, { signal: NONE, onProgress: () => {} }), { message });
  });

  test('documents are found by the paths that any tool uses', async () => {
    const db = client.db(server.database());
    await using writer = await openMongoWriter(targetOf(db.databaseName), options());
    const structured_data = [{ id: 'exampleSDID@32473', params: [{ name: 'iut', value: '3' }] }];
    const fields = [
      { name: 'user', value: 'ada' },
      { name: 'status', value: 500 },
      { name: '$x', value: true },
    ];
    await writer.insert(batchOf([{ structured_data, fields }, { message: 'other' }]));
    const logs = db.collection('logs');
    for (const query of [
      { 'fields.user': 'ada' },
      { 'fields.status': { $gte: 500 } },
      { 'fields.%24x': true },
      { 'structured_data.exampleSDID@32473.iut': '3' },
    ]) {
      const [found, ...more] = await logs.find(query as Document).toArray();
      assert.deepEqual(found?.['structured_data'], { 'exampleSDID@32473': { iut: '3' } }, JSON.stringify(query));
      assert.deepEqual(found?.['fields'], { user: 'ada', status: 500, '%24x': true });
      assert.equal(more.length, 0);
    }
    await using reader = await openMongoReader(targetOf(db.databaseName), options());
    for (const text of ['fields.user:ada', 'fields.status:>=500', 'fields.$x:true', 'sd.exampleSDID@32473.iut:3']) {
      const query = { filter: parseQuery(text, { now: 0 }), order: 'oldest' } as const;
      const found = (await Array.fromAsync(reader.find(query, neverAborted()))).flat();
      assert.deepEqual(
        found.map((message) => message.fields),
        [readFields(JSON.stringify(fields))],
        text,
      );
    }
  });
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Db, MongoClient } from 'mongodb';
import { neverAborted as never } from '../../../src/base/abort.ts';
import { nodeNumber } from '../../../src/cluster/nodes.ts';
import { loadSettings } from '../../../src/config/index.ts';
import { type Logger, SILENT } from '../../../src/base/log.ts';
import { parseQuery } from '../../../src/query/index.ts';
import type { StoreReader, StoreWriter } from '../../../src/store/contract.ts';
import { openMongoReader, openMongoWriter } from '../../../src/store/mongo/index.ts';
import { INDEXED_FIELDS, type IndexedField } from '../../../src/store/mongo/settings.ts';
import { checkStore } from '../../../src/stores/index.ts';
import { batchOf, EPOCH } from '../../support/batches.ts';
import { Mongod, needsMongod, startMongod, type TestServer } from '../../support/mongod.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { until } from '../../support/until.ts';

const skip = await needsMongod();
let server: TestServer;
before(async () => {
  if (!skip) server = await startMongod();
});
after(async () => {
  if (!skip) await server[Symbol.asyncDispose]();
});

const ROWS = 40;
const QUESTIONS = ['hostname:web3', 'severity:<=err', 'appname:app1', 'hostname:web3 severity:<=err', 'web3', 'line'];

/** Both sides of a store that indexes these fields, and what its log said. */
async function world(indexes: readonly IndexedField[] | undefined, database = server.database(), uri = server.uri) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const lines: string[] = [];
  const log: Logger = { ...SILENT, warn: (fields: unknown, text?: string) => void lines.push(text ?? String(fields)) };
  const target = { uri, database, nodeNumber, ...(indexes && { indexes }) };
  const options = { folder: folder.path, now: () => EPOCH + 60_000, streams: [{ name: 'default' }], log };
  const writer: StoreWriter = stack.use(await openMongoWriter(target, options));
  const reader: StoreReader = stack.use(await openMongoReader(target, options));
  const client = stack.use(new MongoClient(uri));
  return {
    writer,
    reader,
    database,
    lines,
    db: client.db(database),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function indexesIn(db: Db): Promise<string[]> {
  return (await db.collection('logs_default').indexes()).map(({ name }) => name!).sort();
}

/** Ids and counts by severity, for each question. */
async function answers(reader: StoreReader): Promise<string[]> {
  const all: string[] = [];
  for (const text of QUESTIONS) {
    const query = { filter: parseQuery(text, { now: EPOCH }), order: 'newest' as const, limit: 5 };
    const found: string[] = [];
    for await (const messages of reader.find(query, never())) found.push(...messages.map(({ message }) => message));
    const groups = await reader.aggregate(query, { by: ['severity'] }, never());
    all.push(
      `${text}: ${found.join()}; ${groups
        .map(({ values, count }) => `${values.join()}=${count}`)
        .sort()
        .join(' ')}`,
    );
  }
  return all;
}

const rows = Array.from({ length: ROWS }, (_, index) => ({
  hostname: `web${index % 5}`,
  appname: `app${index % 3}`,
  severity: index % 8,
  message: `line ${index}`,
}));

test('the indexes of the list are created, and no others', { skip }, async () => {
  for (const [indexes, names] of [
    [undefined, ['_id_', 'cordwood_appname', 'cordwood_hostname', 'cordwood_severity']],
    [['hostname'], ['_id_', 'cordwood_hostname']],
    [[], ['_id_']],
  ] as const) {
    await using it = await world(indexes);
    assert.deepEqual(await indexesIn(it.db), names);
  }
});

test('with any list of indexes, also one that the database does not have, answers are the same', { skip }, async () => {
  await using all = await world(undefined);
  await all.writer.insert(batchOf(rows));
  const expected = await answers(all.reader);
  assert.match(expected.at(-1)!, /line 39/);
  for (const indexes of [[], ['severity'], ['appname', 'severity']] as const) {
    await using some = await world(indexes);
    await some.writer.insert(batchOf(rows));
    assert.deepEqual(await answers(some.reader), expected, indexes.join());
    const options = { folder: '/nonexistent', now: () => EPOCH + 60_000, streams: [] };
    await using unaware = await openMongoReader({ uri: server.uri, database: some.database }, options);
    assert.deepEqual(await answers(unaware), expected, `${indexes.join()}, and the reader expects all`);
  }
});

test('an index that is taken from the list stays, and log and check-config say how to drop it', { skip }, async () => {
  await using first = await world(undefined);
  await using second = await world(['hostname'], first.database);
  assert.equal((await indexesIn(second.db)).length, 4);
  const said = second.lines.filter((line) => line.includes('is not in indexes'));
  assert.equal(said.length, 2, said.join('\n'));
  assert.deepEqual(first.lines, []);
  const { database } = first;
  const drop = (name: string) => `db.getSiblingDB('${database}').getCollection('logs_default').dropIndex('${name}')`;
  assert.deepEqual(await second.reader.spareIndexes!(), [drop('cordwood_severity'), drop('cordwood_appname')]);
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  const store = { kind: 'mongodb', uri: server.uri, database, indexes: ['hostname', 'appname'] };
  writeFileSync(config, `store: ${JSON.stringify(store)}\n`);
  const notes = await checkStore(await loadSettings({ config }, {}));
  assert.ok(notes.includes(drop('cordwood_severity')) && !notes.includes(drop('cordwood_appname')), notes.join('\n'));
});

test('an index that is added to the list is built after the next start', { skip }, async () => {
  await using first = await world([]);
  await first.writer.insert(batchOf(rows));
  await using second = await world(INDEXED_FIELDS, first.database);
  await until('the indexes to be built', async () => (await indexesIn(second.db)).length === 4);
  assert.deepEqual(await answers(second.reader), await answers(first.reader));
});

test('messages are stored while an index is built', { skip: await needsMongod({ own: true }) }, async () => {
  await using own = await Mongod.start(['--setParameter', 'enableTestCommands=1']);
  await using first = await world([], 'building', own.uri);
  await first.writer.insert(batchOf(rows));
  await using admin = new MongoClient(own.uri);
  const hang = (mode: string) =>
    admin.db('admin').command({ configureFailPoint: 'hangAfterSettingUpIndexBuild', mode });
  await hang('alwaysOn');
  await using second = await world(['hostname'], 'building', own.uri);
  await second.writer.insert(batchOf(rows, { from: ROWS + 1 }));
  assert.equal(await second.db.collection('logs_default').countDocuments(), 2 * ROWS);
  assert.match((await answers(second.reader))[0]!, /line 38/);
  await hang('off');
  await until('the index to be built', async () => (await indexesIn(second.db)).includes('cordwood_hostname'));
});

test('an index of an unknown field, or named twice, is refused with the names that there are', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  const refused = async (indexes: string, reason: RegExp): Promise<void> => {
    writeFileSync(config, `store: {kind: mongodb, uri: 'mongodb://db1/', indexes: ${indexes}}\n`);
    await assert.rejects(loadSettings({ config }, {}), reason);
  };
  await refused(
    '[hostnam]',
    /store\.indexes\[0\]: "hostnam" is not one of: hostname, severity, appname; did you mean "hostname"/,
  );
  await refused('[hostname, hostname]', /store\.indexes: names a field twice/);
});

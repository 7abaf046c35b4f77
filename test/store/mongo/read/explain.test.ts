import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Document, MongoClient } from 'mongodb';
import { nodeNumber } from '../../../../src/cluster/nodes.ts';
import type { Filter } from '../../../../src/model/filter.ts';
import { parseQuery } from '../../../../src/query/index.ts';
import { cursorOf } from '../../../../src/store/mongo/read/finding.ts';
import { matchOf, plan } from '../../../../src/store/mongo/read/planning.ts';
import { ReplySize } from '../../../../src/store/mongo/read/reply-size.ts';
import { MongoWriter } from '../../../../src/store/mongo/write/writer.ts';
import { batchOf, type Draft, EPOCH } from '../../../support/batches.ts';
import { needsMongod, startMongod, type TestServer } from '../../../support/mongod.ts';
import { temporaryFolder } from '../../../support/tmp.ts';
import { never } from '../../suite/tools.ts';

/* The server's own account of how it finds messages: by an index, never sorting, without reading far too many. */

const skip = await needsMongod();
const COUNT = 4000;
const parts = new AsyncDisposableStack();
let server: TestServer;
let client: MongoClient;
let database: string;

before(async () => {
  if (skip) return;
  server = parts.use(await startMongod());
  database = server.database();
  client = parts.use(new MongoClient(server.uri));
  const folder = parts.use(temporaryFolder()).path;
  const options = { folder, now: () => EPOCH, streams: [] };
  await using writer = await MongoWriter.open({ uri: server.uri, database, nodeNumber }, options);
  const drafts = Array.from({ length: COUNT }, (_, index): Draft => {
    const host = index % 40;
    return {
      hostname: `web${host}.example.org`,
      appname: `app${index % 20}`,
      severity: index % 8,
      message: `line ${index}`,
    };
  });
  await writer.insert(batchOf(drafts));
});
after(() => parts.disposeAsync());

/** What `explain` says of the newest 20, and how the stages are called. */
async function explained(
  filter: Filter,
): Promise<{ stages: string[]; index: string; keys: number; documents: number; found: number }> {
  const collection = client.db(database).collection('logs_default');
  const asked = { filter, range: { low: '0'.repeat(31).concat('1'), except: [] }, signal: never() };
  const planned = await plan(collection, 'default', asked, { maxTimeMS: 10_000 });
  const cursor = cursorOf(planned!, { order: 'newest', limit: 20, signal: never(), replySize: new ReplySize() });
  const { executionStats, queryPlanner } = (await cursor.explain('executionStats')) as Document;
  const text = JSON.stringify(queryPlanner.winningPlan);
  return {
    stages: [...text.matchAll(/"stage":"(\w+)"/g)].map(([, stage]) => stage!),
    index: /"indexName":"(\w+)"/.exec(text)?.[1] ?? '',
    keys: executionStats.totalKeysExamined,
    documents: executionStats.totalDocsExamined,
    found: executionStats.nReturned,
  };
}

const equals = (field: string, value: string): Filter => ({ kind: 'equals', field, value });
const worse: Filter = { kind: 'range', field: 'severity', max: 3 };
const and = (...of: Filter[]): Filter => ({ kind: 'and', of });
const CASES: readonly (readonly [what: string, filter: Filter, index: string, most: number])[] = [
  ['everything', { kind: 'all' }, '_id_', 20],
  ['a host, whatever its case', equals('hostname', 'web3.example.org'), 'cordwood_hostname', 20],
  ['a host by a glob', { kind: 'glob', field: 'hostname', glob: 'web3*' }, 'cordwood_hostname', 20],
  ['a host by a word', { kind: 'word', field: 'hostname', token: 'web7' }, 'cordwood_hostname', 20],
  ['a host and severity', and(equals('hostname', 'web3.example.org'), worse), 'cordwood_hostname', 40],
  ['severity', worse, 'cordwood_severity', 20],
  ['severity and a word', and(worse, { kind: 'word', field: 'message', token: 'line' }), 'cordwood_severity', 20],
  ['a program', equals('appname', 'app7'), 'cordwood_appname', 20],
  [
    'a program and a severity that is not indexed',
    and(equals('appname', 'app7'), { kind: 'range', field: 'severity', max: 5 }),
    'cordwood_appname',
    40,
  ],
  ['a word', { kind: 'word', field: 'message', token: 'line' }, '_id_', 20],
];

for (const [what, filter, index, most] of CASES) {
  test(`${what}: the newest messages come from an index without a sort`, { skip }, async () => {
    const said = await explained(filter);
    assert.equal(said.index, index);
    assert.ok(!said.stages.includes('SORT') && !said.stages.includes('COLLSCAN'), said.stages.join(' '));
    assert.equal(said.found, 20);
    assert.ok(said.documents <= most, `${said.documents} documents`);
  });
}

test('an index that is not in the list is not asked for, and the next one serves', { skip }, async () => {
  const filter = and(equals('hostname', 'web3.example.org'), worse, equals('appname', 'app7'));
  const collection = client.db(database).collection('logs_default');
  const asked = { filter, range: { except: [] }, signal: never() };
  for (const [fields, first] of [
    [['hostname', 'severity', 'appname'], 'hostname'],
    [['appname', 'severity'], 'severity'],
    [['appname'], 'appname'],
    [[], undefined],
  ] as const) {
    const planned = await plan(collection, 'default', asked, { maxTimeMS: 10_000, fields });
    assert.deepEqual(planned!.index, first && { [first]: 1, _id: -1 });
  }
});

test('a search for an unknown host reads nothing', { skip }, async () => {
  const collection = client.db(database).collection('logs_default');
  const filter: Filter = { kind: 'glob', field: 'hostname', glob: 'db*' };
  assert.equal(
    await plan(collection, 'default', { filter, range: { except: [] }, signal: never() }, { maxTimeMS: 10_000 }),
    undefined,
  );
  const asked = { filter: equals('hostname', 'db1'), range: { except: [] }, signal: never() };
  const planned = await plan(collection, 'default', asked, { maxTimeMS: 10_000 });
  const said = (await cursorOf(planned!, { order: 'newest', signal: never(), replySize: new ReplySize() }).explain(
    'executionStats',
  )) as Document;
  assert.equal(said['executionStats'].totalDocsExamined, 0);
});

test('a word is compared with names once a search, not once a document, and needs no index', { skip }, async () => {
  const collection = client.db(database).collection('logs_default');
  const asked = { filter: parseQuery('web7 OR app3', { now: EPOCH }), range: { except: [] }, signal: never() };
  const matched = async () => await collection.countDocuments(matchOf((await planned())!));
  const planned = async () => await plan(collection, 'default', asked, { maxTimeMS: 10_000 });
  const [web7, app3] = ((await planned())!.condition.query as Document)['$or'] as Document[];
  assert.deepEqual(namesIn(web7!), { hostname: { $in: ['web7.example.org'] }, appname: undefined });
  assert.deepEqual(namesIn(app3!), { hostname: undefined, appname: { $in: ['app3'] } });
  const found = await matched();
  await collection.dropIndex('cordwood_appname');
  assert.equal(await matched(), found);
});

/** The conditions on names in that on a line. */
function namesIn({ $or }: Document): Record<'hostname' | 'appname', unknown> {
  const one = (name: string): unknown => ($or as Document[]).find((each) => name in each)?.[name];
  return { hostname: one('hostname'), appname: one('appname') };
}

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import type { NodeRow } from '../../src/http/contract.ts';
import { mongoConfig } from '../support/mongo-config.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

test('two receivers fill one database: each reports, and says which collection expires when', {
  skip: await needsMongod(),
}, async () => {
  await using mongod = await startMongod();
  using folder = temporaryFolder();
  const streams = '[{name: default, keep: 30d}]';
  const config = mongoConfig(folder.path, { uri: mongod.uri, database: mongod.database(), streams });
  const folders = ['a', 'b'].map((name) => join(folder.path, name)) as [string, string];
  await using first = await Server.start({ data: folders[0], config });
  await using second = await Server.start({ data: folders[1], config });
  for (const [index, server] of [first, second].entries()) {
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await sender.sendLines(Array.from({ length: 100 * (index + 1) }, (_, n) => `<14>1 - h${index} a - - - line ${n}`));
    await sender.end();
  }
  const run = (...args: string[]) => cordwood([...args, '--config', config, '--data', folders[0]]);
  const nodes = async (): Promise<NodeRow[]> =>
    (await run('nodes', '-o', 'json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const storedBy = (row: NodeRow) => row.counters['writer.messages'] ?? 0;
  const rows = await until('both to have reported what they stored', async () => {
    const found = await nodes();
    return found.length === 2 && storedBy(found[0]!) === 100 && storedBy(found[1]!) === 200 && found;
  });
  assert.deepEqual(
    rows.map(({ node, state }) => [node, state]),
    [
      [1, 'running'],
      [2, 'running'],
    ],
  );
  assert.ok(rows.every(({ visible, version, host }) => visible?.length === 32 && version !== '' && host !== ''));
  assert.match((await run('nodes')).stdout, /^node +host +state/);
  const health = await until('the health check to know', async () => {
    const { body } = await first.get('/health/ready');
    return body.includes('expires') && JSON.parse(body);
  });
  assert.deepEqual(health.expires, ['logs_default expires 30d after arrival']);

  assert.equal(await second.kill('SIGTERM'), 0, second.output);
  assert.deepEqual(
    (await nodes()).map(({ state }) => state),
    ['running', 'stopped'],
  );
});

test('check-config says when collections expire, and where that is not as configured', {
  skip: await needsMongod(),
}, async () => {
  await using mongod = await startMongod();
  using folder = temporaryFolder();
  const database = mongod.database();
  const config = (keep: string) =>
    mongoConfig(folder.path, { uri: mongod.uri, database, streams: `[{name: default, keep: ${keep}}]` });
  const check = async (keep: string) => (await cordwood(['check-config', '--config', config(keep)])).stderr;
  assert.match(await check('30d'), /the store has no collection yet/);
  {
    await using server = await Server.start({ data: join(folder.path, 'data'), config: config('30d') });
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  }
  assert.match(await check('30d'), /logs_default expires 30d after arrival$/m);
  assert.match(await check('60d'), /expires 30d after arrival, but the configuration says 60d: serve changes it/);
  await using client = new MongoClient(mongod.uri);
  await client.db(database).collection('logs_default').dropIndex('cordwood_ttl');
  assert.match(await check('30d'), /logs_default never expires, but the configuration says 30d/);
});

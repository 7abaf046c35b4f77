import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeRow } from '../../src/ask/contract.ts';
import { MongoWorld } from '../support/mongo-world.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { cordwood } from '../support/server.ts';
import { until } from '../support/until.ts';

test('two receivers of one database both report, and show when each collection expires', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  const config = world.config({ streams: '[{name: default, keep: 30d}]' });
  await using first = await world.start({ data: world.data('a'), config });
  await using second = await world.start({ data: world.data('b'), config });
  for (const [index, server] of [first, second].entries()) {
    await server.send(Array.from({ length: 100 * (index + 1) }, (_, n) => `<14>1 - h${index} a - - - line ${n}`));
  }
  const run = (...args: string[]) => cordwood([...args, '--config', config, '--data', first.data]);
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

test('check-config prints when collections expire, and which do not expire as configured', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  const config = (keep: string) => world.config({ streams: `[{name: default, keep: ${keep}}]` });
  const check = async (keep: string) => (await cordwood(['check-config', '--config', config(keep)])).stderr;
  assert.match(await check('30d'), /the store has no collections yet/);
  {
    await using server = await world.start({ config: config('30d') });
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  }
  assert.match(await check('30d'), /logs_default expires 30d after arrival$/m);
  assert.match(await check('60d'), /expires 30d after arrival, but the configuration says 60d: serve changes it/);
  await world.logs.dropIndex('cordwood_ttl');
  assert.match(await check('30d'), /logs_default never expires, but the configuration says 30d/);
});

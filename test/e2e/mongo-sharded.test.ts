import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { mongoConfig } from '../support/mongo-config.ts';
import { needsNamed } from '../support/require.ts';
import { cordwood, Server } from '../support/server.ts';
import { ShardedCluster } from '../support/sharded-cluster.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const MONGOS = 'CORDWOOD_MONGOS';
const LINES = 20_000;
const HOSTS = 200;

/** Never run by us: no package that we can have brings a mongos. docs/mongodb.md says so. */
suite('a sharded cluster of a real mongos', { skip: needsNamed(MONGOS, 'mongos') }, () => {
  test('two receivers behind two routers spread messages over the shards, and each is found once', async () => {
    await using cluster = await ShardedCluster.start(process.env[MONGOS]!);
    using folder = temporaryFolder();
    const [one, two] = cluster.uris.map((uri, index) => {
      const own = join(folder.path, `receiver${index}`);
      mkdirSync(own);
      return mongoConfig(own, { uri, database: 'cordwood', sharded: true });
    });
    const data = (name: string) => `${folder.path}/${name}`;
    {
      await using first = await Server.start({ data: data('one'), config: one! });
      assert.equal(await first.kill('SIGTERM'), 0, first.output);
    }
    await shard(cluster.uris[0]!, (await cordwood(['check-config', '--config', one!])).stdout);

    let first = await Server.start({ data: data('one'), config: one! });
    await using second = await Server.start({ data: data('two'), config: two! });
    await using _later = { [Symbol.asyncDispose]: () => first[Symbol.asyncDispose]() };
    await Promise.all([first.send(linesOf('one')), second.send(linesOf('two'))]);
    await first.kill('SIGKILL');
    first = await Server.start({ data: data('one'), config: one! });
    for (const [config, where] of [
      [one!, first.data],
      [two!, second.data],
    ] as const) {
      const found = await until('all messages', async () => {
        const { stdout } = await cordwood([
          'search',
          '-S',
          'all',
          '-n',
          'all',
          '-o',
          'raw',
          '--config',
          config,
          '--data',
          where,
        ]);
        const lines = stdout.trim().split('\n');
        return lines.length >= 2 * LINES && lines;
      });
      assert.equal(found.length, 2 * LINES);
      assert.equal(new Set(found).size, 2 * LINES, 'each once');
    }
    await using client = new MongoClient(cluster.uris[1]!);
    const stats = client
      .db('cordwood')
      .collection('logs_default')
      .aggregate([{ $collStats: { count: {} } }]);
    const counts = (await stats.toArray()).map(({ count }) => count as number);
    assert.equal(counts.length, 2, 'on both shards');
    assert.ok(Math.min(...counts) > LINES / 2, `spread: ${counts.join(', ')}`);
  });
});

/** Gives the commands that check-config prints, by the driver in place of mongosh. */
async function shard(uri: string, printed: string): Promise<void> {
  const [, database, collection] = /sh\.shardCollection\('(\w+)\.(\w+)', \{hostname: 'hashed', _id: 1\}\)/.exec(
    printed,
  )!;
  const key = { hostname: 'hashed', _id: 1 } as const;
  await using client = new MongoClient(uri);
  await client.db(database!).collection(collection!).createIndex(key);
  await client.db('admin').command({ shardCollection: `${database}.${collection}`, key });
}

function linesOf(sender: string): string[] {
  return Array.from({ length: LINES }, (_, index) => `<14>1 - h${index % HOSTS} ${sender} - - - line ${index}`);
}

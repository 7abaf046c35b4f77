import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { MongoWorld } from '../support/mongo-world.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Lines of each of three batches; 500,000 in full. */
const LINES = Number(process.env['CORDWOOD_COPY'] ?? 30_000);

function* lines(batch: number): Generator<string> {
  for (let n = 0; n < LINES; n++) yield `<${n % 192}>1 - host${n % 40} app${n % 7} - - - batch ${batch} line ${n}`;
}

test('a receiver moves to MongoDB: a copy that is killed and continued stores nothing twice', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  const { database, logs: collection } = world;
  const data = world.data();
  const to = ['copy', '--to', mongod.uri, '--database', database, '--data', data];
  const store = async (server: Server, batch: number): Promise<void> => {
    const before = (await server.stats()).counters['writer.messages'] ?? 0;
    await server.send(lines(batch));
    const all = async () => (await server.stats()).counters['writer.messages'] === before + LINES;
    await until('the batch to be stored', all, 60_000);
  };
  {
    await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
    await store(server, 0);
    const killed = spawn(process.execPath, [BIN, ...to], { stdio: 'ignore' });
    await until('the copy to have begun', async () => (await collection.estimatedDocumentCount()) > 0);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const beside = await cordwood(to);
    assert.equal(beside.code, 0, beside.stderr);
    assert.equal(await collection.countDocuments(), LINES);
    await store(server, 1);
    await server.kill('SIGTERM');
  }
  const rest = await cordwood(to);
  assert.equal(rest.code, 0, rest.stderr);
  assert.match(rest.stderr, new RegExp(`copied ${LINES.toLocaleString('en')} messages`));
  assert.match(rest.stdout, new RegExp(`^default +${2 * LINES} +${2 * LINES}$`, 'm'));
  const config = world.config();
  await using server = await world.start();
  await store(server, 2);
  assert.equal(await collection.countDocuments(), 3 * LINES);
  const counted = await cordwood(['count', '-q', '--data', data, '--config', config]);
  assert.equal(counted.stdout.trim(), String(3 * LINES));
  const twice = await collection.aggregate([{ $group: { _id: '$message' } }, { $count: 'texts' }]).toArray();
  assert.deepEqual(twice, [{ texts: 3 * LINES }]);
});

import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MongoWorld } from '../support/mongo-world.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Lines that are sent; 100,000 in full. */
const LINES = Number(process.env['CORDWOOD_REPLAY'] ?? 10_000);

function* lines(poisonEvery = 0): Generator<string> {
  for (let n = 0; n < LINES; n++) {
    const isPoison = poisonEvery > 0 && n % poisonEvery === 0;
    yield `<${n % 2 ? 38 : 14}>1 - host${n % 40} app - - - line ${n}${isPoison ? ` ${POISON[(n / poisonEvery) % POISON.length]}` : ''}`;
  }
}

/** What MongoDB, JSON or UTF-8 might stumble over; the last is refused by a validator. */
const POISON = ['\\u0000 {_bsontype: "Long"}', '$where: {$gt: ""}', 'a.b.$c', '\\ud800', 'refuse me'];

test('a replayed spool stores each message once, also after kill -9 and a change of streams', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  const { folder, db } = world;
  const data = world.data();
  const config = (streams: string) => world.config({ streams });
  const counts = async () => {
    const found: Record<string, number> = {};
    for (const { name } of await db.listCollections({ type: 'collection' }).toArray()) {
      if (name.startsWith('logs_')) found[name] = await db.collection(name).countDocuments();
    }
    return found;
  };
  const sum = async () => Object.values(await counts()).reduce((all, each) => all + each, 0);
  {
    await using server = await Server.start({ data, config: config('[{name: default}]') });
    await server.send(lines());
    await until('half of it to be stored', async () => (await sum()) > LINES / 2);
    await server.kill('SIGKILL');
  }
  const spool = join(data, 'spool');
  const copy = join(folder, 'copy');
  cpSync(spool, copy, { recursive: true });
  const split = "[{name: auth, match: 'facility:auth'}, {name: default}]";
  for (const streams of [split, '[{name: default}]']) {
    // What was stored must not be stored again though the spool is as it was when the server was killed.
    rmSync(spool, { recursive: true });
    cpSync(copy, spool, { recursive: true });
    await using server = await Server.start({ data, config: config(streams) });
    await until('all of it to be stored', async () => (await sum()) >= LINES, 60_000);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    assert.equal(await sum(), LINES);
  }
});

test('messages that MongoDB refuses become readable dead letters, and all others are stored', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  const { db } = world;
  const [data, config] = [world.data(), world.config()];
  await using server = await world.start();
  await db.command({ collMod: 'logs_default', validator: { message: { $not: /refuse me/ } } });
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  const counted = '<14>1 - h a - - - between\0NUL';
  await sender.write(`${counted.length} ${counted}`);
  await sender.write(Buffer.from([0x3c, 0x31, 0x34, 0x3e, 0x31, 0x20, 0x2d, 0x20, 0xff, 0xfe, 0x0a]));
  await sender.sendLines(lines(100));
  await sender.end();
  const refused = LINES / 100 / POISON.length;
  await until(
    'all else to be stored',
    async () => (await db.collection('logs_default').countDocuments()) >= LINES + 2 - refused,
    60_000,
  );
  const listed = await cordwood(['dead-letter', 'list', '--data', data, '--config', config, '-o', 'json']);
  const letters = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(letters.length, refused, listed.stderr);
  const shown = await cordwood(['dead-letter', 'show', letters[0].id, '--data', data, '--config', config]);
  assert.match(shown.stdout, /line 400 refuse me/);
  await db.command({ collMod: 'logs_default', validator: {} });
  const retried = await cordwood(['dead-letter', 'retry', '--data', data, '--config', config]);
  assert.match(retried.stderr, new RegExp(`stored ${refused} of ${refused}`));
  assert.equal(await db.collection('logs_default').countDocuments(), LINES + 2);
  assert.equal((await cordwood(['dead-letter', 'list', '--data', data, '--config', config])).stdout, '');
});

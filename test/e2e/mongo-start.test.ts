import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { mongoConfig } from '../support/mongo-config.ts';
import { MongoWorld } from '../support/mongo-world.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { freePort } from '../support/ports.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/* Whatever MongoDB does while a server starts: it takes lines, says why it waits, and stores them later. */

const skip = await needsMongod({ own: true });
const TEST_COMMANDS = ['--setParameter', 'enableTestCommands=1'];

async function sendLine(address: string, text: string): Promise<void> {
  const sender = await until('a listener', () => TcpSender.connect(address).catch(() => undefined), 30_000);
  await sender.sendLines([`<14>1 - h a - - - ${text}`]);
  await sender.end();
}

/** Waits until the health check gives such a reason why the server is not ready. */
async function untilUnready(server: Server, reason: RegExp): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { status, body } = await server.get('/health/ready').catch(() => ({ status: 0, body: '{}' }));
    return status === 503 && JSON.parse(body).reasons.some((one: string) => reason.test(one));
  };
  await until(`the health check to say ${reason}`, isSo, 30_000).catch(async (error: Error) => {
    throw new Error(`${error.message}; it says ${(await server.get('/health/ready')).body}\n${server.output}`);
  });
}

const untilReady = (server: Server): Promise<unknown> =>
  until('the server to be ready', () => server.health().catch(() => false), 40_000);

test('while MongoDB is unreachable, the server receives lines, reports why in health and answers, and stops', {
  skip,
}, async () => {
  await using world = new MongoWorld(await Mongod.start());
  await world.mongo.kill();
  const [data, config] = [world.data(), world.config()];
  const address = `127.0.0.1:${await freePort()}`;
  const listen = [`tcp://${address}`];
  {
    await using server = new Server({ data, config, listen });
    await untilUnready(server, /cannot open the store .*: 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    await sendLine(address, 'while it was away');
    const { code, stderr } = await cordwood(['count', '--data', data, '--config', config]);
    assert.equal(code, 4);
    assert.match(stderr, /cannot answer yet: cannot open the store mongodb:.*ECONNREFUSED/);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    assert.equal(server.output.match(/ECONNREFUSED.*messages wait in the spool/g)?.length, 1, server.output);
  }
  await world.mongo.restart();
  await using server = await Server.start({ data, config, listen });
  assert.equal(await world.logs.countDocuments(), 1, server.output);
});

test('if MongoDB hangs and dies during start-up, lines received meanwhile are stored once', {
  skip,
}, async () => {
  await using world = new MongoWorld(await Mongod.start(TEST_COMMANDS));
  const { mongo: mongod, client, logs } = world;
  const address = `127.0.0.1:${await freePort()}`;
  const start = () => new Server({ data: world.data(), config: world.config(), listen: [`tcp://${address}`] });
  {
    await using first = start();
    await sendLine(address, 'of an earlier run');
    await untilReady(first);
    await first.kill('SIGKILL');
  }
  // What the writer asks when it opens the store: the shape of the documents.
  const hung = {
    failCommands: ['find'],
    namespace: 'cordwood.cordwood_state',
    blockConnection: true,
    blockTimeMS: 6e5,
  };
  await client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data: hung });
  await using server = start();
  await untilUnready(server, /the store does not answer/);
  await sendLine(address, 'while it hung');
  await mongod.kill();
  await untilUnready(server, /cannot read the store's state: .*(ECONN|closed)/);
  await sendLine(address, 'while it was dead');
  await mongod.restart();
  await untilReady(server);
  assert.match(server.output, /store reachable/);
  const texts = async () => (await logs.find().sort({ _id: 1 }).toArray()).map(({ message }) => message);
  await until('all to be stored', async () => (await texts()).length >= 3);
  assert.deepEqual(await texts(), ['of an earlier run', 'while it hung', 'while it was dead']);
});

test('a server becomes ready whenever during its start MongoDB goes away', {
  skip,
}, async () => {
  const steps = Number(process.env['CORDWOOD_MONGO_START_KILLS'] ?? 3);
  await using world = new MongoWorld(await Mongod.start());
  const { mongo, logs } = world;
  for (let step = 0; step < steps; step++) {
    const address = `127.0.0.1:${await freePort()}`;
    await using server = new Server({ data: world.data(), config: world.config(), listen: [`tcp://${address}`] });
    await setTimeout(600 + (step * 400) / steps);
    await mongo.kill();
    await sendLine(address, `line ${step}`);
    await setTimeout(6000);
    await mongo.restart();
    await untilReady(server);
    await until('the line to be stored', async () => (await logs.countDocuments({ message: `line ${step}` })) === 1);
    const { code, stdout } = await cordwood(['count', '--data', world.data(), '--config', world.config()]);
    assert.deepEqual([code, Number(stdout)], [0, step + 1], server.output);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  }
});

test('start-up names an unknown user, then a user without rights, with the remedy, and retries', {
  skip,
}, async () => {
  await using mongod = await Mongod.start(['--auth']);
  using folder = temporaryFolder();
  const uri = `mongodb://logs@127.0.0.1:${mongod.port}/?directConnection=true&authSource=admin`;
  const password = join(folder.path, 'password');
  writeFileSync(password, 'not this one');
  const config = mongoConfig(folder.path, { uri, database: 'cordwood', password });
  const address = `127.0.0.1:${await freePort()}`;
  await using server = new Server({ data: join(folder.path, 'data'), config, listen: [`tcp://${address}`] });
  await sendLine(address, 'before anybody was known');
  await untilUnready(server, /Authentication failed; check the user, its authSource and the password/);
  const admin = { user: 'root', pwd: 'open', roles: ['root'] };
  {
    await using local = new MongoClient(mongod.uri);
    await local.db('admin').command({ createUser: admin.user, pwd: admin.pwd, roles: admin.roles });
  }
  await using client = new MongoClient(`mongodb://root:open@127.0.0.1:${mongod.port}/?directConnection=true`);
  const db = client.db('admin');
  await db.command({ createUser: 'logs', pwd: 'this one', roles: [{ role: 'readWrite', db: 'elsewhere' }] });
  writeFileSync(password, 'this one');
  await untilUnready(server, /not authorized on cordwood to execute command \w+; grant the user the role readWrite/);
  await db.command({ grantRolesToUser: 'logs', roles: [{ role: 'readWrite', db: 'cordwood' }] });
  await untilReady(server);
  await until(
    'the line to be stored',
    async () => (await client.db('cordwood').collection('logs').countDocuments()) === 1,
  );
  assert.doesNotMatch(server.output, /this one/);
});

for (const [name, uri, want] of [
  ['an option that there is not', 'mongodb://127.0.0.1/?nonsense=1', /cannot use the store mongodb:.*nonsense/],
  ['a file that there is not', 'mongodb://127.0.0.1/?tls=true&tlsCAFile=/no/ca.pem', /cannot read \/no\/ca\.pem/],
] as const) {
  test(`serve ends at once for an address with ${name}`, async () => {
    using folder = temporaryFolder();
    const config = mongoConfig(folder.path, { uri, database: 'never' });
    const { code, stderr } = await cordwood(['serve', '--data', join(folder.path, 'data'), '--config', config]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, want);
  });
}

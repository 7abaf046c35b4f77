import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { Gate } from '../support/gate.ts';
import { mongoConfig } from '../support/mongo-config.ts';
import { MongoWorld } from '../support/mongo-world.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

async function sendLine(port: number, text: string): Promise<void> {
  await using sender = await TcpSender.connect(`127.0.0.1:${port}`);
  await sender.sendLines([`<14>1 - h a - - - ${text}`]);
  await sender.end();
}

test('a dead receiver does not delay followers, which print its messages once when it returns', {
  skip: await needsMongod({ own: true }),
}, async (context) => {
  await using world = new MongoWorld(await Mongod.start());
  await using gate = await Gate.to(world.mongo.port);
  const [one, two] = [world.data('one'), world.data('two')];
  const config = world.config();
  using further = temporaryFolder();
  const uri = `mongodb://127.0.0.1:${gate.port}/?directConnection=true`;
  const gated = mongoConfig(further.path, { uri, database: world.database });
  await using here = await Server.start({ data: one, config });
  const port = await here.port('tcp0');
  {
    await using there = await Server.start({ data: two, config: gated });
    const gatedPort = await there.port('tcp0');
    const flags = ['-n', 'all', '-o', 'csv', '--fields', 'message', '--data', one, '--config', config];
    const follower = spawn(process.execPath, [BIN, 'search', '-f', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => follower.kill('SIGKILL'));
    let followed = '';
    follower.stdout.setEncoding('utf8').on('data', (text) => {
      followed += text;
    });
    const sees = (text: string) => until(`the follower to see ${text}`, () => followed.includes(text), 20_000);
    await sendLine(gatedPort, 'stored before');
    await sees('stored before');
    gate.close();
    await sendLine(gatedPort, 'spooled only');
    const isRefused = async (): Promise<boolean> =>
      (await there.get('/health/ready')).body.includes('refuses messages');
    await until('it to wait in the spool', isRefused);
    const { store, listeners } = await there.stats();
    assert.match(store.away!, /cannot search MongoDB/);
    assert.equal(listeners.length, 1);
    await there.kill('SIGKILL');

    await sendLine(port, 'meanwhile');
    await sees('meanwhile');
    const counted = await cordwood(['count', '-q', '--data', one, '--config', config]);
    assert.equal(counted.stdout.trim(), '2');

    gate.open();
    await using back = await Server.start({ data: two, config: gated });
    await sees('spooled only');
    await sendLine(await back.port('tcp0'), 'afterwards');
    await sees('afterwards');
    const want = ['stored before', 'meanwhile', 'spooled only', 'afterwards'];
    assert.deepEqual(followed.trim().split(/\r?\n/).slice(-want.length), want);
    assert.equal(followed.match(/spooled only/g)?.length, 1);
  }
});

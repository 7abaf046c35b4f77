import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  globSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { account, count, assertBalance } from './accounts.ts';

/** Keeps the store from writing, as another program's lock would. */
function holdStore(data: string): Disposable {
  const held = globSync(join(data, 'store/*/*.cwb')).map((path) => new DatabaseSync(path, { timeout: 5000 }));
  assert.ok(held.length > 0, 'the store has a file to be held');
  for (const database of held) database.exec('BEGIN IMMEDIATE');
  return {
    [Symbol.dispose]: () => {
      for (const database of held) database.close();
    },
  };
}

test('what a damaged spool lost is counted, and is a gap', async () => {
  using folder = temporaryFolder();
  const data = folder.path;
  const lines = 500;
  {
    await using server = await Server.start({ data });
    await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await tcp.write('<13>1 - web1 app - - - makes the file\n');
    await until('the first line', async () => (await server.stats()).counters['writer.messages'] === 1);
    using _held = holdStore(data);
    for (let number = 0; number < lines; number++) {
      await tcp.write(`<13>1 - web1 app - - - line ${number}\n`);
      if (number % 10 === 0) await sleep(2);
    }
    const received = async () => (await server.stats()).counters['listen.tcp0.received.frames'];
    await until('all to be read', async () => (await received()) === lines + 1);
    await until('all to be on disk', async () => (await server.stats()).counters['spool.messages'] === lines + 1);
    await sleep(100);
    await server.kill('SIGKILL');
  }
  const [segment] = globSync(join(data, 'spool/*')).filter((path) => statSync(path).size > 10_000);
  const fd = openSync(segment!, 'r+');
  const middle = Math.floor(statSync(segment!).size / 2);
  writeSync(fd, Buffer.alloc(300, 0xaa), 0, 300, middle);
  closeSync(fd);
  const local = await account(data);
  assertBalance(local);
  assert.ok(local.total.lost > 0 && local.total.lost < lines / 2, `${local.total.lost} lost`);
  assert.equal(local.total.received, lines + 1);
  {
    await using server = await Server.start({ data });
    assert.equal(await server.kill('SIGTERM'), 0);
  }
  const told = await account(data, true);
  assertBalance(told);
  assert.equal(told.total.received, lines + 1);
  assert.equal(told.total.lost, local.total.lost);
  assert.equal(told.total.stored, await count(data));
  const damaged = told.gaps.filter(({ reason }) => reason === 'damaged');
  assert.equal(
    damaged.reduce((sum, gap) => sum + gap.count!, 0),
    told.total.lost,
  );
});

test('messages that are gone from the store are a loss, with its day, and exit code 3', async () => {
  for (const [what, damage] of [
    ['removed', (path: string) => rmSync(path)],
    ['emptied', (path: string) => truncateSync(path)],
    ['overwritten', (path: string) => writeFileSync(path, 'x'.repeat(4096))],
  ] as const) {
    using folder = temporaryFolder();
    const data = folder.path;
    const verify = () => cordwood(['account', '--verify', '-S', 'all', '--data', data]);
    {
      await using server = await Server.start({ data });
      await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
      await tcp.sendLines(Array.from({ length: 500 }, (_, index) => `<13>1 - web1 app - - - line ${index}`));
      await tcp.end();
      await until('the lines', async () => ((await server.stats()).counters['writer.messages'] ?? 0) === 500);
      assert.equal(await server.kill('SIGTERM'), 0);
    }
    assert.match((await verify()).stdout, /the account balances/);
    const streams = join(data, 'store', 'default');
    const parts = readdirSync(streams).filter((name) => name.endsWith('.cwb'));
    for (const name of parts) damage(join(streams, name));
    const { code, stdout } = await verify();
    assert.equal(code, 3, what);
    const day = parts[0]!.slice(0, 10);
    const strict = await cordwood(['search', '--strict', '-S', 'all', '--data', data]);
    assert.equal(strict.code, 3, what);
    assert.match(strict.stderr, /1 damaged piece of the store left out/, what);
    const loss = `tcp0: 500 messages of ${day} were stored, but the store holds 0 of them`;
    assert.match(stdout, new RegExp(`the account does not balance:\n  ${loss}`), what);
  }
});

test('a damaged state is set aside at the start: one line in the log, a line of the account, and no message is lost', async () => {
  for (const [what, damage] of [
    ['zeros at the start', (path: string) => patch(path, Buffer.alloc(3000), 0)],
    [
      'a damaged schema',
      (path: string) => patch(path, Buffer.from('CREATE TOBLE'), readFileSync(path).indexOf('CREATE TABLE')),
    ],
    ['garbage', (path: string) => writeFileSync(path, 'no database'.repeat(1000))],
  ] as const) {
    using folder = temporaryFolder();
    const data = folder.path;
    for (let round = 1; round <= 2; round++) {
      await using server = await Server.start({ data });
      await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
      await tcp.sendLines(Array.from({ length: 100 }, (_, index) => `<13>1 - web1 app - - - line ${round} ${index}`));
      await tcp.end();
      await until('the lines', async () => (await count(data)) === 100 * round, 10_000);
      assert.equal((await server.kill(round === 1 ? 'SIGTERM' : 'SIGKILL')) ?? 0, 0);
    }
    assert.ok(existsSync(join(data, 'state.sqlite.copy')));
    rmSync(join(data, 'state.sqlite-wal'), { force: true });
    damage(join(data, 'state.sqlite'));
    const unread = await cordwood(['count', '-S', 'all', '--data', data]);
    assert.ok(unread.code === 4 && !/^ +at /m.test(unread.stderr), `${what}: ${unread.stderr}`);
    await using server = await Server.start({ data });
    await until('all lines, once', async () => (await count(data)) === 200, 10_000);
    const said = server.output.split('\n').filter((line) => line.includes('state.sqlite'));
    assert.equal(said.length, 1, server.output);
    assert.match(said[0]!, /cannot use .*state\.sqlite: .*; it is kept as .*\.damaged-.*go on from its copy of/);
    assert.doesNotMatch(server.output, /^ +at /m);
    await until('the line of the account', async () =>
      (await account(data)).gaps.some(({ reason }) => reason === 'state'),
    );
    const { stdout } = await cordwood(['account', '-S', 'all', '--data', data]);
    assert.ok(stdout.length > 0);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    assert.equal(await count(data), 200, what);
  }
});

function patch(path: string, bytes: Buffer, at: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

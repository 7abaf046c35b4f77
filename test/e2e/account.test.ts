import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { RelpSender } from '../support/relp.ts';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { type Told, account, count, assertBalance } from './accounts.ts';

/** Datagrams sent while nobody reads them. */
const FLOOD = Number(process.env['CORDWOOD_FLOOD'] ?? 2000);
const ROUNDS = Number(process.env['CORDWOOD_CRASHES'] ?? 10) / 5;

/** Sends until the connection breaks. */
async function flood(port: number, name: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const broken = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  for (let number = 0; !socket.destroyed; ) {
    const lines = Array.from({ length: 10 }, () => `<13>1 - ${name}-${number % 7} app - - - number ${number++}\n`);
    if (!socket.write(lines.join(''))) {
      await Promise.race([new Promise<void>((resolve) => socket.once('drain', resolve)), broken]);
    }
    await sleep(1);
  }
}

/** Kills a server with this `store:` again and again; its account is what the store holds, every time. */
async function killAndCount(store: string): Promise<Told> {
  using folder = temporaryFolder();
  const data = folder.path;
  const config = join(data, 'cordwood.yaml');
  const listen = "[{kind: tcp, address: '127.0.0.1:0'}, {kind: udp, address: '127.0.0.1:0'}]";
  writeFileSync(
    config,
    `store: ${store}\nlisten: ${listen}\npipeline: [{kind: drop, name: noise, match: 'hostname:a-3'}]\n`,
  );
  for (let round = 0; round < ROUNDS; round++) {
    await using server = await Server.start({ data, config });
    const port = await server.port('tcp0');
    const floods = [flood(port, 'a'), flood(port, 'b')];
    await sleep(300 + Math.random() * 900);
    const live = await account(data);
    assertBalance(live);
    assert.ok(live.total.received > 0);
    assert.equal(live.total.lost, 0);
    await server.kill('SIGKILL');
    await Promise.all(floods);
    const dead = await account(data);
    assertBalance(dead);
    assert.equal(dead.total.stored + dead.total.waiting, await count(data), 'where no server runs');
    assert.equal(dead.gaps.at(-1)?.reason, 'outage');
    assert.equal(dead.gaps.at(-1)?.open, true);
  }
  await using server = await Server.start({ data, config });
  assertBalance(await account(data, true));
  assert.equal(await server.kill('SIGTERM'), 0);
  const after = await account(data, true);
  assertBalance(after);
  assert.equal(after.total.stored, await count(data), 'after an orderly stop');
  assert.equal(after.total.received, after.total.stored + after.total.dropped);
  assert.deepEqual(after.stages, [{ name: 'noise', dropped: after.total.dropped }]);
  assert.ok(after.total.dropped > 0);
  assert.equal(after.hosts.find(({ name }) => name === 'a-3')?.stored, 0);
  assert.equal(after.listeners.find(({ name }) => name === 'tcp0')?.found, after.total.stored);
  assert.equal(
    after.hosts.reduce((sum, { stored }) => sum + stored, 0),
    after.total.stored,
  );
  assert.equal(after.hosts.length, 14);
  assert.equal(
    after.gaps.every(({ reason }) => reason === 'outage'),
    true,
  );
  return after;
}

test(`killed ${ROUNDS} times under load, the account is what the store holds`, async (t) => {
  const { total } = await killAndCount('{kind: embedded}');
  t.diagnostic(`${total.received} messages`);
});

test('the same where MongoDB stores', { skip: await needsMongod() }, async (t) => {
  await using mongod = await startMongod();
  const { total } = await killAndCount(`{kind: mongodb, uri: '${mongod.uri}', database: ${mongod.database()}}`);
  t.diagnostic(`${total.received} messages`);
});

test('an outage is a line in the search of that window, and a hole in the count of a sender is one, too', async () => {
  using folder = temporaryFolder();
  const data = folder.path;
  const numbered = (numbers: readonly number[]): string =>
    numbers.map((id) => `<13>1 - web1 app - - [meta sequenceId="${id}"] number ${id}\n`).join('');
  const run = async (text: string): Promise<void> => {
    await using server = await Server.start({ data });
    await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await tcp.write(text);
    await tcp.end();
    await until('the lines', async () => ((await server.stats()).counters['writer.messages'] ?? 0) > 0);
    assert.equal(await server.kill('SIGTERM'), 0);
  };
  await run(numbered([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  await run(numbered([11, 12, 15, 16]));
  // A number may be late by two seconds: until then, none is missing.
  await sleep(2100);
  await run(numbered([17, 18]));
  const search = (...flags: readonly string[]) => cordwood(['search', '-S', 'all', '--data', data, '--utc', ...flags]);
  const shown = await search('--strict');
  assert.equal(shown.code, 3);
  const lines = shown.stdout.trimEnd().split('\n');
  const at = (text: RegExp): number => lines.findIndex((line) => text.test(line));
  const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
  assert.match(lines.join('\n'), new RegExp(`^-- ${stamp} to .*: no server was running$`, 'm'));
  assert.match(
    lines[at(/sender's own count/)]!,
    /^-- .*\): tcp0: 2 messages from web1 missing, by the sender's own count$/,
  );
  assert.ok(
    at(/no server was running/) > at(/number 10$/) && at(/no server was running/) < at(/number 11$/),
    shown.stdout,
  );
  const json = await search('-o', 'json');
  assert.equal(json.stdout.trimEnd().split('\n').length, 16);
  assert.match(json.stderr, /no server was running/);
  const counted = await cordwood(['count', '-S', 'all', '--strict', '--data', data]);
  assert.equal(counted.code, 3);
  assert.match(counted.stderr, /2 messages from web1 missing/);
});

test('datagrams that the kernel dropped are what is missing', { skip: process.platform !== 'linux' }, async (t) => {
  using folder = temporaryFolder();
  const data = folder.path;
  await using server = await Server.start({ data, listen: ['udp://127.0.0.1:0?receive_buffer=64KiB'] });
  await using udp = await UdpSender.open(`127.0.0.1:${await server.port('udp0')}`);
  await udp.send('');
  server.child.kill('SIGSTOP');
  const text = 'x'.repeat(400);
  for (let number = 0; number < FLOOD; number++) await udp.send(`<13>1 - dev${number % 3} app - - - ${number} ${text}`);
  server.child.kill('SIGCONT');
  assert.equal(await server.kill('SIGTERM'), 0);
  const told = await account(data, true);
  assertBalance(told);
  const [row] = told.listeners;
  assert.ok(row!.kernel > 0, 'the flood was too small');
  assert.ok(
    Math.abs(FLOOD - row!.stored - row!.kernel) <= FLOOD / 100,
    `${row!.stored} stored, ${row!.kernel} dropped`,
  );
  assert.equal(row!.found, row!.stored);
  const kernel = told.gaps.filter(({ reason }) => reason === 'kernel');
  assert.equal(
    kernel.reduce((sum, { count: dropped = 0 }) => sum + dropped, 0),
    row!.kernel,
  );
  t.diagnostic(`${FLOOD} sent, ${row!.stored} stored, ${row!.kernel} dropped by the kernel`);
  const future = await cordwood(['count', '-S', '+1h', '--data', data]);
  assert.match(future.stderr, /which is in the future/);
});

test('what a limit drops is beside what RELP, TCP and UDP brought, and all of it adds up after a stop', async () => {
  using folder = temporaryFolder();
  const data = folder.path;
  const listen = [
    "{kind: udp, address: '127.0.0.1:0', rate: {per_second: 1, burst: 10}}",
    "{kind: tcp, address: '127.0.0.1:0'}",
    "{kind: relp, address: '127.0.0.1:0'}",
  ];
  const config = join(data, 'cordwood.yaml');
  writeFileSync(config, `listen: [${listen.join(', ')}]\n`);
  await using server = await Server.start({ data, config });
  const place = async (name: string): Promise<string> => `127.0.0.1:${await server.port(name)}`;
  await using udp = await UdpSender.open(await place('udp0'));
  await using tcp = await TcpSender.connect(await place('tcp0'));
  await using relp = await RelpSender.open(await place('relp0'));
  for (let number = 0; number < 50; number++) await udp.send(`<13>1 - dev1 app - - - ${number}`);
  await tcp.write('<13>1 - web1 app - - - one\n\n<13>1 - web1 app - - - two\nhalf of a li');
  await tcp.end();
  await relp.send(Array.from({ length: 20 }, (_, number) => `<13>1 - web2 app - - - ${number}`));
  await relp.answered();
  const counter = async (name: string) => (await server.stats()).counters[name] ?? 0;
  await until('all datagrams', async () => (await counter('listen.udp0.received.frames')) === 50);
  const live = await until('all to be settled', async () => {
    const now = await account(data);
    return now.total.waiting === 0 && now;
  });
  assertBalance(live);
  assert.equal(await server.kill('SIGTERM'), 0);
  const told = await account(data, true);
  assertBalance(told);
  const rows = new Map(told.listeners.map((row) => [row.name, row]));
  assert.deepEqual(
    ['udp0', 'tcp0', 'relp0'].map((name) => rows.get(name)?.received),
    [50, 3, 20],
  );
  assert.ok(rows.get('udp0')!.limited >= 30);
  const limited = told.gaps.filter(({ reason }) => reason === 'limited');
  assert.deepEqual(
    limited.map(({ listener, count: dropped }) => [listener, dropped]),
    [['udp0', rows.get('udp0')!.limited]],
  );
});

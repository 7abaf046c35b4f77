import assert from 'node:assert/strict';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** The least that the configuration allows. */
const MAX_SIZE = 128 << 20;
const LINE = 32 << 10;
/** Somewhat more than the spool holds. */
const LINES = Math.ceil((MAX_SIZE * 1.25) / LINE);

function* numbered(): Generator<string> {
  const rest = 'x'.repeat(LINE - 64);
  for (let number = 0; number < LINES; number++) yield `<13>1 - h bulk - - - number ${number} ${rest}`;
}

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

test('a store that hangs fills the spool: TCP waits, UDP drops are counted, and all goes on by itself', async (t) => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  const listen = "[{kind: tcp, address: '127.0.0.1:0'}, {kind: udp, address: '127.0.0.1:0'}]";
  writeFileSync(config, `listen: ${listen}\nspool: {max_size: 128MiB}\n`);
  await using server = await Server.start({ data, config });
  await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await using udp = await UdpSender.open(`127.0.0.1:${await server.port('udp0')}`);
  const counter = async (name: string) => (await server.stats()).counters[name] ?? 0;
  const count = async (query: string) =>
    Number((await cordwood(['count', query, '-S', 'all', '-q', '--data', data])).stdout);
  await tcp.write('<13>1 - h first - - - makes the file\n');
  await until('the first line', () => count('appname:first'));

  let sending: Promise<void>;
  {
    using _held = holdStore(data);
    sending = tcp.sendLines(numbered());
    // Where this test fails first, that is what it is to say.
    sending.catch(() => {});
    await until('TCP not to be read', () => counter('listen.tcp0.paused.spool_full'), 60_000);
    await until('datagrams to be dropped', async () => {
      await udp.send('<13>1 - h dropped - - - there is no room');
      return counter('listen.udp0.dropped.spool_full');
    });
    await until('the store to refuse', () => counter('writer.failing'));
    await until('the server not to be ready', async () => !(await server.health()));
    const { spool, counters } = await server.stats();
    assert.ok(spool.bytes <= MAX_SIZE, `the spool holds ${spool.bytes} bytes`);
    assert.ok((counters['listen.tcp0.received.frames'] ?? 0) < LINES, 'not all was read');
    t.diagnostic(`${counters['listen.tcp0.received.frames']} of ${LINES} lines were read, then no more`);
  }
  await sending;
  await until('all lines to be stored', async () => (await count('appname:bulk')) === LINES, 60_000);
  const dropped = await counter('listen.udp0.dropped.spool_full');
  await udp.send('<13>1 - h again - - - there is room');
  await until('a datagram to be stored again', () => count('appname:again'));
  assert.equal(await counter('listen.udp0.dropped.spool_full'), dropped);
  const told = JSON.parse((await cordwood(['account', '-o', 'json', '--data', data])).stdout);
  assert.deepEqual(told.faults, []);
  assert.equal(told.total.lost, dropped);
  assert.equal(told.total.received, LINES + 2 + dropped);
  const full = told.gaps.filter(({ reason }: { reason: string }) => reason === 'spool_full');
  assert.ok(full.some(({ count }: { count?: number }) => count === dropped));
  assert.ok(full.some(({ listener }: { listener?: string }) => listener === undefined));
  assert.match(server.output, /cannot store messages: .*the spool keeps them/);
  assert.match(server.output, /datagrams dropped: the spool is full/);
});

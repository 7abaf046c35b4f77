import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RelpSender } from '../support/relp.ts';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { cannotMount, fillDisk, freeOn, tmpfs } from '../support/tmpfs.ts';
import { until } from '../support/until.ts';

const LINE = 32 << 10;

/** Numbered lines that hardly compress. */
function bulk(from: number, count: number): string[] {
  const text = () => randomBytes((LINE * 3) / 4).toString('base64');
  return Array.from({ length: count }, (_, index) => `<13>1 - h bulk ${from + index} - - ${text()}`);
}

/** The numbers, kept as process ids, of the lines that a search finds, in order. */
async function numbersIn(data: string): Promise<number[]> {
  const search = ['search', '-S', 'all', '-n', 'all', '-o', 'csv', '--fields', 'procid', '--data', data];
  const { stdout } = await cordwood(search);
  return [...stdout.matchAll(/^"?(\d+)"?\r?$/gm)].map(([, number]) => Number(number));
}

function range(from: number, until: number): number[] {
  return Array.from({ length: until - from }, (_, index) => from + index);
}

const LISTEN = `listen:
  - {kind: relp, address: '127.0.0.1:0'}
  - {kind: tcp, address: '127.0.0.1:0'}
  - {kind: udp, address: '127.0.0.1:0'}
streams: [{name: default, keep: 30d}]
`;

/** A server on a disk of its own, with a configuration outside of it that names no `max_disk`. */
function setUp(bytes: number) {
  const opened = new DisposableStack();
  const disk = opened.use(tmpfs(bytes));
  const outside = opened.use(temporaryFolder());
  const config = join(outside.path, 'cordwood.yaml');
  const configure = (more = '') => writeFileSync(config, LISTEN + more);
  configure();
  const filler = join(disk.path, 'filler');
  return { config, configure, data: join(disk.path, 'data'), filler, [Symbol.dispose]: () => opened.dispose() };
}

/** Sends lines with RELP until all are acknowledged and stored, then takes what room is left. */
async function fillUp(server: Server, { filler }: { filler: string }, lines: number): Promise<void> {
  await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
  for (let from = 0; from < lines; from += 500) await relp.send(bulk(from, Math.min(500, lines - from)));
  await relp.answered();
  await until('all to be stored', async () => (await server.stats()).spool.waitingBytes === 0, 60_000);
  fillDisk(filler);
}

test('a full disk: senders wait, searches answer, a restart starts, and max_disk makes room by a reload', {
  skip: cannotMount(),
}, async (t) => {
  using place = setUp(300 << 20);
  const { data, config, configure, filler } = place;
  const acknowledged = 4000;
  {
    await using server = await Server.start({ data, config });
    await fillUp(server, place, acknowledged);
    await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
    const answers = relp.answers.length;
    relp.send(bulk(acknowledged, 100)).catch(() => {});
    await until('the disk to be full', () => server.output.includes('cannot write to the spool'));
    await until('that to be known', async () => !(await server.health()));
    fillDisk(filler);
    await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await using udp = await UdpSender.open(`127.0.0.1:${await server.port('udp0')}`);
    tcp.sendLines(bulk(acknowledged, 1000)).catch(() => {});
    const dropped = async () => (await server.stats()).counters['listen.udp0.dropped.spool_full'];
    await until('datagrams to be dropped and counted', async () => {
      await udp.send('<13>1 - h a - - - dropped');
      return (await dropped())! > 0;
    });
    assert.equal(relp.answers.length, answers, 'RELP waits');
    assert.ok(tcp.socket.writableLength > 0, 'TCP waits');
    assert.deepEqual((await numbersIn(data)).slice(0, acknowledged), range(0, acknowledged));
    await server.kill('SIGKILL');
  }
  fillDisk(filler);
  assert.ok(freeOn(data) < 64 << 10, 'nothing fits');

  await using server = new Server({ data, config });
  const isListening = async () => (await server.stats().catch(() => undefined))?.listeners?.length;
  await until('the server to listen', isListening, 60_000);
  assert.deepEqual((await numbersIn(data)).slice(0, acknowledged), range(0, acknowledged));

  const parts = () => globSync(join(data, 'store/default/*.cwb')).length;
  const had = parts();
  configure('max_disk: 64MiB\n');
  const reloadedAt = Date.now();
  server.child.kill('SIGHUP');
  // If everything was stored before, the server may be ready at once: only the next message needs room.
  await until('room', async () => parts() < had && (await server.health().catch(() => false)), 60_000);
  t.diagnostic(`room after ${Date.now() - reloadedAt} ms; ${had} parts, then ${parts()}`);
  assert.ok(parts() > 1 && parts() < had, 'not everything is deleted at once');
  await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
  await relp.send(['<13>1 - h again 1000000 - - there is room']);
  await relp.answered();
  let left: number[] = [];
  await until('it to be stored', async () => {
    left = await numbersIn(data);
    return left.at(-1) === 1_000_000;
  });
  const stored = left.filter((number) => number < acknowledged);
  assert.deepEqual(stored, range(stored[0]!, acknowledged), 'only the oldest are gone');
  const removed = server.output.matchAll(/removed \S+ of stream default \(([\d,]+) messages?, [^)]*\): over max_disk/g);
  const sum = removed.reduce((total, [, count]) => total + Number(count!.replaceAll(',', '')), 0);
  assert.ok(sum >= stored[0]!, `${stored[0]} are gone, and the log names ${sum}`);
  assert.ok(existsSync(join(data, 'reserve')));
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
  const after = await cordwood(['count', '-S', 'all', '-q', '--data', data]);
  assert.equal(after.stderr, '', 'what was deleted does not count as damaged');
  assert.ok(Number(after.stdout) > 0 && Number(after.stdout) <= left.length);
});

test('a server killed on a full disk has everything that was acknowledged once there is room', {
  skip: cannotMount(),
}, async () => {
  using place = setUp(96 << 20);
  const { data, config, filler } = place;
  let acknowledged = 0;
  {
    await using server = await Server.start({ data, config });
    await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
    relp.send(bulk(0, 4000)).catch(() => {});
    await until('some to be acknowledged', () => relp.answers.length > 500);
    fillDisk(filler);
    await until('the server to be short of room', async () => !(await server.health()));
    await server.kill('SIGKILL');
    acknowledged = relp.answers.length - 1;
  }
  fillDisk(filler);
  await using server = new Server({ data, config });
  const isListening = async () => (await server.stats().catch(() => undefined))?.listeners?.length;
  await until('the server to listen', isListening, 60_000);
  rmSync(filler);
  await until('it to be ready', () => server.health().catch(() => false), 60_000);
  const found = new Set(await numbersIn(data));
  assert.deepEqual(
    range(0, acknowledged).filter((number) => !found.has(number)),
    [],
  );
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
});

test('a data folder on a read-only disk is searched, or the questions say plainly why not', {
  skip: cannotMount(),
}, async () => {
  using disk = tmpfs(64 << 20);
  const data = join(disk.path, 'data');
  const remount = (mode: string) => execFileSync('mount', ['-o', `remount,${mode}`, disk.path]);
  const listen = ['tcp://127.0.0.1:0'];
  {
    await using server = await Server.start({ data, listen });
    await server.send(['<13>1 - h a 1 - - x\n']);
    await until('it to be stored', async () => (await numbersIn(data)).length === 1);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  }
  remount('ro');
  assert.deepEqual(await numbersIn(data), [1]);
  const served = await cordwood(['serve', '--data', data, '--listen', listen[0]!]);
  assert.equal(served.code, 4);
  assert.match(served.stderr, /cannot serve from|cannot write|cannot lock/);
  remount('rw');
  {
    await using server = await Server.start({ data, listen });
    await server.send(['<13>1 - h a 2 - - x\n']);
    await until('it to be stored', async () => (await numbersIn(data)).length === 2);
  }
  remount('ro');
  assert.deepEqual(await numbersIn(data), [1, 2]);
  remount('rw');
  for (const path of globSync(join(data, '**/*-shm'))) rmSync(path);
  remount('ro');
  const { code, stderr } = await cordwood(['search', '-S', 'all', '--data', data]);
  assert.equal(code, 4);
  assert.match(stderr, /cannot read .*-wal, which cannot be read while the disk is full or read-only; copy the data/);
  remount('rw');
  rmSync(data, { recursive: true });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, openSync, rmSync, statfsSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RelpSender } from '../support/relp.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { cannotMount, tmpfs } from '../support/tmpfs.ts';
import { until } from '../support/until.ts';

const DISK = 300 << 20;
const LINE = 8 << 10;

/** Lines that do not compress much. */
const bulk = (from: number, to: number): string[] =>
  Array.from(
    { length: to - from },
    (_, index) => `<13>1 - h bulk - - - number ${from + index} ${randomBytes((LINE * 3) / 4).toString('base64')}`,
  );

/** Takes all room that is left on a disk. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let chunk = Buffer.alloc(1 << 20); chunk.length > 0; ) {
      try {
        writeSync(file, chunk);
      } catch {
        chunk = chunk.subarray(0, chunk.length >> 1);
      }
    }
  } finally {
    closeSync(file);
  }
}

async function numbersIn(data: string): Promise<number[]> {
  const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'cat', '--data', data]);
  return [...stdout.matchAll(/^number (\d+) /gm)].map(([, number]) => Number(number));
}

test('a full disk: RELP waits, searches answer, a restart starts, and max_disk makes room', {
  skip: cannotMount(),
}, async (t) => {
  using disk = tmpfs(DISK);
  using outside = temporaryFolder();
  const data = join(disk.path, 'data');
  const config = join(outside.path, 'cordwood.yaml');
  const configure = (maxDisk: string) =>
    writeFileSync(config, `listen: [{kind: relp, address: '127.0.0.1:0'}]\nmax_disk: ${maxDisk}\n`);
  configure('250MiB');
  const acknowledged = new Set<number>();
  let sent = 0;
  const send = async (relp: RelpSender, count: number) => {
    const from = sent;
    sent += count;
    await relp.send(bulk(from, from + count));
  };
  const isSafe = async (server: Server) => (await server.stats()).spool.waitingBytes === 0;
  {
    await using server = await Server.start({ data, config });
    await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
    for (let round = 0; round < 12; round++) await send(relp, 1000);
    await relp.answered();
    for (let number = 0; number < sent; number++) acknowledged.add(number);
    await until('all to be safe', () => isSafe(server), 60_000);
    fill(join(disk.path, 'filler'));
    const answers = relp.answers.length;
    const sending = send(relp, 1000);
    sending.catch(() => {});
    await until('the disk to be full', () => server.output.includes('cannot write to the spool'));
    await until('that to be known', async () => !(await server.health()));
    fill(join(disk.path, 'filler'));
    assert.ok(relp.answers.length - answers < 1000, 'RELP waits');
    const found = await numbersIn(data);
    t.diagnostic(`${found.length} of ${acknowledged.size} found on the full disk`);
    assert.equal(new Set(found.filter((number) => acknowledged.has(number))).size, acknowledged.size);
    server.child.kill('SIGKILL');
    await server.exited;
  }
  fill(join(disk.path, 'filler'));
  const { bsize, bavail } = statfsSync(disk.path);
  assert.ok(bavail * bsize < 64 << 10, 'nothing fits');
  await using server = new Server({ data, config });
  await until(
    'the server to listen',
    async () => (await server.stats().catch(() => undefined))?.listeners?.length,
    60_000,
  );
  const before = await numbersIn(data);
  assert.equal(new Set(before.filter((number) => acknowledged.has(number))).size, acknowledged.size);
  assert.equal(await server.health().catch(() => false), false);

  configure('64MiB');
  const parts = () => globSync(join(data, 'store/default/*.cwb')).length;
  const had = parts();
  const reloadedAt = Date.now();
  server.child.kill('SIGHUP');
  await until('room', () => server.health().catch(() => false), 60_000);
  t.diagnostic(`room after ${Date.now() - reloadedAt} ms, ${had} parts, then ${parts()}`);
  assert.ok(parts() > 0 && parts() < had);
  await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
  await relp.send(['<13>1 - h again - - - there is room']);
  await relp.answered();
  const rest = await numbersIn(data);
  const oldest = Math.min(...rest);
  for (let number = oldest; number < acknowledged.size; number++)
    assert.ok(rest.includes(number), `${number} is missing`);
  assert.match(server.output, /removed .* of stream default .*: over max_disk/);
  assert.ok(existsSync(join(data, 'reserve')));
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
    await server.send(['<13>1 - h a - - - number 1 x\n']);
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
    await server.send(['<13>1 - h a - - - number 2 x\n']);
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

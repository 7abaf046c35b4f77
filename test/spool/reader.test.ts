import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openSpoolReader } from '../../src/spool/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { bulkEntry, linesEntry, MIB, openSmall, readAll, source, texts } from './support.ts';

test('a reader in another thread follows the writer through segments, and never past the durable end', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  const session = spool.openSession(source(1));
  const wanted = 400;
  const workerData = { folder: folder.path, durable: spool.durableEnd.memory, wanted };
  const worker = new Worker(join(import.meta.dirname, 'follow-worker.ts'), { workerData });
  const heard = once(worker, 'message');
  const lines: string[] = [];
  for (let i = 0; i < wanted / 2; i++) {
    lines.push(`line ${i}`);
    void spool.append(linesEntry(session, [`line ${i}`], i % 3 === 0));
    await spool.append(bulkEntry(session, 100_000));
  }
  const [seen] = await heard;
  assert.deepEqual(seen, { lines, outOfOrder: 0, damaged: { places: 0, bytes: 0 } });
  assert.ok(spool.segments > 3);
});

test('a reader does not read records that are not durable yet', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  using reader = openSpoolReader({ folder: folder.path, durable: spool.durableEnd });
  const arena = Buffer.alloc(MIB);
  const session = spool.openSession(source(1));
  assert.equal(reader.next(arena, 0), 0);
  const done = spool.append(linesEntry(session, ['x']));
  assert.equal(reader.next(arena, 0), 0);
  await done;
  assert.equal(reader.next(arena, 0), 2);
  assert.equal(arena.toString('utf8', 0, 2), 'x\n');
  assert.equal(reader.next(arena, 0), 0);
});

test('a record that does not fit into the arena is read into the next one', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  await spool.append(linesEntry(spool.openSession(source(1)), ['one', 'two']));
  using reader = openSpoolReader({ folder: folder.path });
  assert.equal(reader.next(Buffer.alloc(100), 95), -1);
  assert.equal(reader.next(Buffer.alloc(100), 100), -1);
  const arena = Buffer.alloc(100);
  assert.equal(reader.next(arena, 92), 8);
  assert.deepEqual([reader.record.offset[0], reader.record.offset[1], reader.record.count], [92, 96, 2]);
  assert.equal(arena.toString('utf8', 96, 99), 'two');
});

test('a reader starts at the record that holds the message after `from`', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    const session = spool.openSession(source(5));
    for (let i = 0; i < 10; i++) {
      await spool.append(linesEntry(session, [`${i}a`, `${i}b`, `${i}c`]));
      await spool.append(bulkEntry(session, 500 << 10));
    }
  }
  // Each round has four messages; record i of lines has the sequences 4i+1 to 4i+3.
  for (let from = 0; from <= 41; from++) {
    const { messages } = readAll(folder.path, from);
    const wanted = from >= 40 ? undefined : from % 4 === 3 ? from + 1 : from - (from % 4) + 1;
    assert.equal(messages[0]?.sequence, wanted, `from ${from}`);
    assert.ok(messages.every(({ port }) => port === 5));
    assert.equal(messages.at(-1)?.sequence, from >= 40 ? undefined : 40);
  }
});

test('a reader of a missing folder finds nothing, and later the records written there', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'spool');
  using reader = openSpoolReader({ folder: path });
  const arena = Buffer.alloc(100);
  assert.equal(reader.next(arena, 0), 0);
  await using spool = await openSmall(path);
  await spool.append(linesEntry(spool.openSession(source(1)), ['x']));
  assert.equal(reader.next(arena, 0), 2);
});

test('a reader continues when segments behind it are deleted', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path, { graceMs: 0 });
  using reader = openSpoolReader({ folder: folder.path, durable: spool.durableEnd });
  const arena = Buffer.alloc(MIB);
  const session = spool.openSession(source(1));
  let found = 0;
  for (let i = 0; i < 100; i++) {
    await spool.append(bulkEntry(session, 300 << 10));
    while (reader.next(arena, 0) !== 0) found += reader.record.count;
    spool.markSafe(found);
  }
  assert.equal(found, 100);
  assert.ok(spool.segments <= 2);
});

test('sources that no segment names any more are released', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    for (let port = 1; port <= 40; port++) {
      const session = spool.openSession(source(port));
      await spool.append(bulkEntry(session, 500 << 10));
      spool.closeSession(session, false);
    }
  }
  using reader = openSpoolReader({ folder: folder.path });
  const arena = Buffer.alloc(MIB);
  const ports: number[] = [];
  while (reader.next(arena, 0) !== 0) ports.push(reader.sources[reader.record.source[0]!]!.port);
  assert.deepEqual(
    ports,
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  assert.ok(reader.sources.filter(({ listener }) => listener === 'tcp0').length < 25);
});

test('records of an earlier run are verified when they are read, and a torn tail is skipped', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    await spool.append(linesEntry(spool.openSession(source(1)), ['old']));
  }
  await using spool = await openSmall(folder.path);
  using reader = openSpoolReader({ folder: folder.path, durable: spool.durableEnd });
  await spool.append(linesEntry(spool.openSession(source(2)), ['new']));
  const arena = Buffer.alloc(100);
  const found: string[] = [];
  while (reader.next(arena, 0) > 0) found.push(arena.toString('utf8', 0, 3));
  assert.deepEqual(found, ['old', 'new']);
  assert.deepEqual(texts(readAll(folder.path)), found);
});

test('a reader knows which peers were relays when they sent, with and without a certificate', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  const peers = [
    { ...source(1), relay: '10.0.0.5' },
    { ...source(2), peer_cn: 'the edge', relay: 'edge1.example.org' },
    { ...source(3), peer_cn: 'web1' },
  ];
  for (const peer of peers) await spool.append(linesEntry(spool.openSession(peer), ['x']));
  using reader = openSpoolReader({ folder: folder.path });
  const arena = Buffer.alloc(MIB);
  while (reader.next(arena, 0) > 0);
  assert.deepEqual(reader.sources.slice(1), peers);
});

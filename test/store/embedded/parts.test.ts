import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { batchOf, EPOCH } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { count, filesOf, find, never, range, rows, sequencesIn, testStore } from './kit.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (sequence: number, step: number): { receivedAt: number; node: number; sequence: number } => ({
  receivedAt: EPOCH + sequence * step,
  node: 1,
  sequence,
});

test('a stream has one file for each day of arrival, private to the server', async () => {
  await using store = await testStore();
  await store.writer.insert(rows(0, 48, () => ({}), HOUR));
  const files = filesOf(store.folder);
  assert.deepEqual(
    files.map((path) => basename(path)),
    ['2026-11-22-001.cwb', '2026-11-23-001.cwb', '2026-11-24-001.cwb'],
  );
  for (const path of files) assert.equal(statSync(path).mode & 0o777, 0o600);
  for (const path of filesOf(store.folder, '-wal')) assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(files[0]!)).mode & 0o777, 0o700);
  assert.deepEqual(sequencesIn(await find(store.reader)), range(0, 48));
  const { days } = await store.reader.stats();
  assert.deepEqual(
    days.map(({ messages }) => messages),
    [8, 24, 16],
  );
});

test('a small max_disk splits a day into several parts', async () => {
  await using store = await testStore({ maxDisk: 1 << 20 });
  const long = (sequence: number) => ({ message: `${sequence} ${'z'.repeat(20)} ${Math.sin(sequence)}` });
  for (let from = 1; from <= 12_000; from += 1000) await store.writer.insert(rows(from, from + 1000, long));
  const files = filesOf(store.folder);
  assert.ok(files.length > 2, `${files.length} parts`);
  assert.deepEqual(sequencesIn(await find(store.reader)), range(1, 12_001));
  assert.deepEqual(sequencesIn(await find(store.reader, { order: 'newest' })), range(1, 12_001).reverse());
  await store.writer.insert(rows(2990, 3010, long));
  assert.equal(await count(store.reader), 12_000);
  const { days } = await store.reader.stats();
  assert.deepEqual(
    days.map(({ messages }) => messages),
    [12_000],
  );
});

test('a stream name that could be a path is refused', async () => {
  await using store = await testStore();
  for (const stream of ['..', 'a/b', '', 'UPPER', '.hidden', 'a'.repeat(65)]) {
    await assert.rejects(store.writer.insert(batchOf([{ stream }])), { code: 'ERR_STORE' }, stream);
    const options = { folder: store.folder, streams: [{ name: stream }], now: Date.now };
    await assert.rejects(openEmbeddedWriter(options), { code: 'ERR_STORE' });
  }
  assert.deepEqual(await find(store.reader), []);
});

test('expire deletes whole days with their -wal and -shm, and open readers continue', async () => {
  let now = EPOCH;
  await using store = await testStore({ now: () => now, streams: [{ name: 'default', keep: 2 * DAY }] });
  const { writer, reader, folder } = store;
  for (let from = 0; from < 120; from += 6) await writer.insert(rows(from, from + 6, () => ({}), HOUR));
  await writer.makeSafe(at(119, HOUR));
  const slow = reader.find({ filter: { kind: 'all' }, order: 'oldest' }, never())[Symbol.asyncIterator]();
  now = EPOCH + 119 * HOUR;
  assert.equal((await slow.next()).done, false);
  const [oldest] = filesOf(folder);
  const { removed } = await writer.expire(now);
  assert.deepEqual(
    removed.map(({ day, messages }) => [day, messages]),
    [
      ['2026-11-22', 8],
      ['2026-11-23', 24],
      ['2026-11-24', 24],
    ],
  );
  for (const ending of ['', '-wal', '-shm']) assert.equal(existsSync(`${oldest}${ending}`), false);
  while (!(await slow.next()).done) assert.ok(true, 'the search goes on');
  assert.deepEqual(sequencesIn(await find(reader)), range(119 - 48, 120));
  assert.equal(await reader.oldest(), EPOCH + (119 - 48) * HOUR);
  assert.equal((await reader.stats()).damaged, 0);
});

test('a reader reopens a file that was deleted and created again', async () => {
  await using store = await testStore({ streams: [{ name: 'default', keep: DAY }], now: () => EPOCH });
  const { writer, reader } = store;
  await writer.insert(rows(1, 30));
  assert.equal(await count(reader), 29);
  await writer.makeSafe(at(29, 1));
  assert.equal((await writer.expire(EPOCH + 3 * DAY)).removed[0]?.messages, 29);
  await writer.insert(rows(30, 40));
  assert.deepEqual(
    filesOf(store.folder).map((path) => basename(path)),
    ['2026-11-22-001.cwb'],
  );
  assert.deepEqual(sequencesIn(await find(reader)), range(30, 40));
  assert.equal(await count(reader), 10);
});

test('the part being written is kept, even if its day is past its keep', async () => {
  await using store = await testStore({ streams: [{ name: 'default', keep: DAY }], now: () => EPOCH });
  await store.writer.insert(rows(1, 30));
  assert.deepEqual((await store.writer.expire(EPOCH + 9 * DAY)).removed, []);
  await store.writer.makeSafe(at(29, 1));
  assert.equal((await store.writer.expire(EPOCH + 9 * DAY)).removed.length, 1);
});

test('rows missing in the middle of a day are inserted in order', async () => {
  await using store = await testStore();
  const { writer, reader } = store;
  await writer.insert(rows(1, 101));
  await writer.insert(rows(301, 401));
  await writer.insert(rows(101, 301));
  await writer.insert(rows(90, 110));
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 401));
  const even = range(401, 5401).filter((sequence) => sequence % 2 === 0);
  const some = (sequences: number[]) =>
    batchOf(sequences.map((sequence) => ({ sequence, received_at: new Date(EPOCH + sequence) })));
  await writer.insert(some(even));
  await writer.insert(some(range(401, 3001)));
  await writer.insert(some(range(2900, 5401)));
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 5401));
  assert.deepEqual(sequencesIn(await find(reader, { order: 'newest' })), range(1, 5401).reverse());
  assert.equal(await count(reader), 5400);
});

test('merging continues after a restart', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, streams: [], now: () => EPOCH };
  {
    await using writer = await openEmbeddedWriter(options);
    for (let from = 1; from <= 60; from += 10) await writer.insert(rows(from, from + 10));
    await writer.insert(rows(61, 71, () => ({ received_at: new Date(EPOCH + DAY) })));
  }
  await using writer = await openEmbeddedWriter(options);
  assert.equal(await writer.maintain(10_000), false);
  await writer.makeSafe({ receivedAt: EPOCH + DAY, node: 1, sequence: 70 });
  const stored = await writer.storedAfter({ receivedAt: 0, node: 1, sequence: 0 });
  assert.equal(stored.size, 70);
  const before = statSync(filesOf(folder.path)[0]!).size;
  assert.ok(before > 0 && !existsSync(join(folder.path, 'store', 'default', '2026-11-22-001.cwb-wal')));
});

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Counters } from '../../src/base/counters.ts';
import { openSpool, SPOOL_COUNTERS, type SpoolOptions } from '../../src/spool/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { bulkEntry, linesEntry, MIB, openSmall, readAll, source, texts } from './support.ts';

function segmentsIn(folder: string): number {
  return readdirSync(folder).filter((name) => name.endsWith('.spool')).length;
}

test('appends at the same time share one fsync, and each resolves', async () => {
  using folder = temporaryFolder();
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSmall(folder.path, { counters });
  const session = spool.openSession(source(1));
  await until('the first segment to be there', () => counters.get('spool.fsyncs') === 1);
  const done = Array.from({ length: 100 }, (_, i) => spool.append(linesEntry(session, [`line ${i}`])));
  assert.equal(new Set(done).size, 1);
  await Promise.all(done);
  assert.equal(counters.get('spool.fsyncs'), 2);
  assert.deepEqual([counters.get('spool.records'), counters.get('spool.messages')], [100, 100]);
});

test('entries appended during an fsync belong to the next one', async () => {
  using folder = temporaryFolder();
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSmall(folder.path, { counters });
  const session = spool.openSession(source(1));
  await spool.append(linesEntry(session, ['one']));
  const before = counters.get('spool.fsyncs');
  for (let i = 0; i < 20; i++) await spool.append(linesEntry(session, [`line ${i}`], i % 2 === 0));
  assert.equal(counters.get('spool.fsyncs') - before, 20);
});

test('`durable` is the last message on disk, also of an earlier run', async () => {
  using folder = temporaryFolder();
  let clock = 5000;
  const now = () => clock;
  {
    await using spool = await openSmall(folder.path, { now });
    assert.deepEqual(spool.durable, { sequence: 0, receivedAt: 0 });
    const session = spool.openSession(source(1));
    const done = spool.append(linesEntry(session, ['a', 'b']));
    assert.deepEqual(spool.durable, { sequence: 0, receivedAt: 0 });
    await done;
    assert.deepEqual(spool.durable, { sequence: 2, receivedAt: 5000 });
    assert.equal(spool.durableEnd.place, spool.position);
  }
  clock = 3000;
  await using spool = await openSmall(folder.path, { now });
  assert.deepEqual(spool.durable, { sequence: 2, receivedAt: 5000 });
  const { lastSequence, lastReceivedAt, records, segments } = spool.recovered;
  assert.deepEqual(
    { lastSequence, lastReceivedAt, records, segments },
    { lastSequence: 2, lastReceivedAt: 5000, records: 1, segments: 1 },
  );
  clock = 3100;
  await spool.append(linesEntry(spool.openSession(source(1)), ['c']));
  assert.equal(readAll(folder.path).messages.at(-1)!.receivedAt, 5050);
});

test('the arrival clock starts no earlier than its start, and survives the deletion of records', async () => {
  using folder = temporaryFolder();
  const now = () => 1000;
  {
    await using spool = await openSmall(folder.path, { now, startClock: 9000 });
    assert.equal(spool.durableEnd.completeUntil, 9000);
  }
  await using spool = await openSmall(folder.path, { now });
  await spool.append(linesEntry(spool.openSession(source(1)), ['x']));
  assert.equal(readAll(folder.path).messages[0]!.receivedAt, 9000);
});

test('the writer has read every message that arrived before `completeUntil`', async () => {
  using folder = temporaryFolder();
  let clock = 1000;
  await using spool = await openSmall(folder.path, { now: () => clock });
  const session = spool.openSession(source(1));
  clock = 2000;
  const first = spool.append(linesEntry(session, ['one']));
  assert.ok(spool.durableEnd.completeUntil <= 2000);
  clock = 3000;
  await first;
  assert.equal(spool.durableEnd.completeUntil, 3000);
  clock = 4000;
  spool.markSafe(0);
  assert.equal(spool.durableEnd.completeUntil, 4000);
});

test('the segment after a full one defines its sessions again', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    const session = spool.openSession(source(77));
    for (let i = 0; i < 30; i++) await spool.append(bulkEntry(session, 400 << 10));
    assert.equal(spool.segments, 4);
    assert.equal(segmentsIn(folder.path), 4);
    assert.ok(spool.bytes > 30 * (400 << 10) && spool.bytes <= 16 * MIB);
  }
  const read = readAll(folder.path);
  assert.deepEqual(
    read.messages.map(({ sequence, port }) => [sequence, port]),
    Array.from({ length: 30 }, (_, i) => [i + 1, 77]),
  );
});

test('the number of a cleanly closed session may be given to another session', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    for (let port = 1; port <= 5; port++) {
      const session = spool.openSession(source(port));
      await spool.append(linesEntry(session, [`from ${port}`]));
      spool.closeSession(session, port % 2 === 0);
      assert.throws(() => spool.append(linesEntry(session, ['late'])), RangeError);
    }
  }
  assert.deepEqual(
    readAll(folder.path).messages.map(({ text, port }) => [text, port]),
    [1, 2, 3, 4, 5].map((port) => [`from ${port}`, port]),
  );
});

test('an entry that exceeds a limit is rejected and leaves no trace', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    const session = spool.openSession(source(1));
    const other = spool.openSession(source(2));
    const entry = linesEntry(session, ['x']);
    const tooLong = { ...entry.frames, length: Uint32Array.of(3) };
    const strangers = { ...linesEntry(0, ['a', 'b']).frames, session: Uint32Array.of(other, 99) };
    assert.throws(() => spool.append({ ...entry, frames: tooLong }), RangeError);
    assert.throws(() => spool.append(bulkEntry(session, (512 << 10) + 1)), RangeError);
    assert.throws(() => spool.append({ ...linesEntry(0, ['a', 'b']), frames: strangers }), RangeError);
    await spool.append(linesEntry(other, ['kept']));
  }
  assert.deepEqual(
    readAll(folder.path).messages.map(({ sequence, text, port }) => [sequence, text, port]),
    [[1, 'kept', 2]],
  );
});

test('the files of the spool are readable by their owner only', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'spool');
  await using spool = await openSmall(path);
  await spool.append(linesEntry(spool.openSession(source(1)), ['x']));
  assert.equal(statSync(path).mode & 0o777, 0o700);
  for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600);
});

test('segments are deleted five minutes after all their messages are safe, except the newest', async () => {
  using folder = temporaryFolder();
  let clock = 1_000_000;
  await using spool = await openSmall(folder.path, { now: () => clock, maxBytes: 1024 * MIB });
  const session = spool.openSession(source(1));
  for (let i = 0; i < 20; i++) await spool.append(bulkEntry(session, 400 << 10));
  assert.equal(spool.segments, 3);
  const whole = spool.waitingBytes;
  spool.markSafe(10);
  assert.ok(spool.waitingBytes > 0 && spool.waitingBytes < whole * 0.6);
  clock += 300_000;
  spool.markSafe(10);
  await until('the first segment to go', () => segmentsIn(folder.path) === 2);
  spool.markSafe(20);
  assert.equal(spool.waitingBytes, 0);
  clock += 299_000;
  spool.markSafe(20);
  assert.equal(segmentsIn(folder.path), 2);
  clock += 1000;
  spool.markSafe(20);
  await until('the second segment to go', () => segmentsIn(folder.path) === 1 && spool.segments === 1);
  clock += 3_600_000;
  spool.markSafe(20);
  assert.equal(segmentsIn(folder.path), 1);
  assert.ok(spool.bytes < 4 * MIB);
});

test('a full spool accepts nothing, and has room again when the store has caught up, without the grace time', async () => {
  using folder = temporaryFolder();
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSmall(folder.path, { maxBytes: 8 * MIB, counters });
  const session = spool.openSession(source(1));
  let taken = 0;
  for (
    let done = spool.append(bulkEntry(session, 400 << 10));
    done;
    done = spool.append(bulkEntry(session, 400 << 10))
  ) {
    taken++;
    await done;
  }
  assert.ok(spool.full && taken >= 14 && spool.bytes <= 8 * MIB);
  assert.equal(counters.get('spool.refused'), 1);
  let hasRoom = false;
  const room = spool.room(new AbortController().signal).then(() => {
    hasRoom = true;
  });
  spool.markSafe(3);
  assert.equal(hasRoom, false);
  spool.markSafe(taken);
  await room;
  assert.equal(spool.full, false);
  await spool.append(linesEntry(session, ['after']));
  assert.equal(texts(readAll(folder.path, taken)).at(-1), 'after');
});

test('waiting for room ends when its signal is aborted', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path, { maxBytes: 8 * MIB });
  await spool.room(new AbortController().signal);
  const session = spool.openSession(source(1));
  while (!spool.full) await spool.append(bulkEntry(session, 512 << 10));
  const stop = new AbortController();
  const room = spool.room(stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(room, { message: 'enough' });
  await assert.rejects(spool.room(stop.signal), { message: 'enough' });
});

test('closing the spool makes accepted entries durable, and accepts no more', async () => {
  using folder = temporaryFolder();
  const spool = await openSmall(folder.path);
  const session = spool.openSession(source(1));
  const done = spool.append(linesEntry(session, ['last'], false));
  await Promise.all([spool[Symbol.asyncDispose](), spool[Symbol.asyncDispose]()]);
  await done;
  assert.equal(spool.append(linesEntry(session, ['too late'])), undefined);
  assert.deepEqual(texts(readAll(folder.path)), ['last']);
});

function bad(what: string, options: Partial<SpoolOptions>, message: (folder: string) => RegExp | string): void {
  test(`opening fails for ${what}`, async () => {
    using folder = temporaryFolder();
    const counters = new Counters(SPOOL_COUNTERS);
    const opened = openSpool({ folder: folder.path, counters, ...options });
    await assert.rejects(opened, { message: message(folder.path) });
  });
}

bad('a cap below two segments', { maxBytes: 100 * MIB }, (folder) => {
  return `cannot open the spool in ${folder}: 100 MiB is too small; set spool.max_size to 128 MiB or more`;
});
bad(
  'an invalid size of segments',
  { segmentBytes: 5 * MIB + 1 },
  () => /5242881 bytes is not a valid size of segments/,
);
bad(
  'a folder that cannot be made',
  { folder: '/dev/null/spool' },
  () => /^cannot open the spool in \/dev\/null\/spool: ENOTDIR/,
);

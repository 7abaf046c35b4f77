import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskReserve } from '../../src/base/machine/disk-reserve.ts';
import { Counters } from '../../src/base/counters.ts';
import { openSpoolReader, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { cannotMount, freeOn, tmpfs } from '../support/tmpfs.ts';
import { bulkEntry, linesEntry, MIB, openSmall, readAll, source } from './support.ts';

const skip = cannotMount();

test('on a full disk, the spool acknowledges nothing, does not crash, and continues by itself', { skip }, async () => {
  using disk = tmpfs(12 * MIB);
  const counters = new Counters(SPOOL_COUNTERS);
  const filler = join(disk.path, 'filler');
  writeFileSync(filler, Buffer.alloc(5 * MIB));
  const folder = join(disk.path, 'spool');
  const acknowledged: number[] = [];
  let next = 0;
  {
    await using spool = await openSmall(folder, { maxBytes: 64 * MIB, counters, retryMs: 20 });
    using reader = openSpoolReader({ folder, durable: spool.durableEnd });
    const session = spool.openSession(source(1));
    const pending: Promise<unknown>[] = [];
    const append = () => {
      const number = next++;
      const done = spool.append(bulkEntry(session, 300 << 10));
      pending.push(done?.then(() => acknowledged.push(number)) ?? Promise.resolve());
      return done !== undefined;
    };
    while (counters.get('spool.failures') === 0) {
      append();
      await Promise.race([pending.at(-1), new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    assert.match(spool.failed ?? '', /ENOSPC|the disk is full/);
    assert.equal(spool.full, true);
    assert.equal(append(), false);
    next--;
    const arena = Buffer.alloc(MIB);
    let found = 0;
    while (reader.next(arena, 0) !== 0) found += reader.record.count;
    assert.equal(found, acknowledged.length);
    const room = spool.room(new AbortController().signal);
    rmSync(filler);
    await room;
    await Promise.all(pending);
    assert.equal(spool.failed, undefined);
    assert.equal(acknowledged.length, next);
    await spool.append(linesEntry(session, ['after']));
    while (reader.next(arena, 0) !== 0) found += reader.record.count;
    assert.equal(found, next + 1);
    assert.deepEqual(reader.damaged, { places: 0, bytes: 0 });
  }
  const read = readAll(folder);
  assert.deepEqual([read.messages.length, read.places], [next + 1, 0]);
});

test('a spool that is closed on a full disk rejects what it could not write', { skip }, async () => {
  using disk = tmpfs(6 * MIB)!;
  const spool = await openSmall(disk.path, { maxBytes: 64 * MIB, retryMs: 10_000 });
  const session = spool.openSession(source(1));
  const done = Array.from({ length: 30 }, () => spool.append(bulkEntry(session, 300 << 10)));
  const outcomes = Promise.allSettled(done);
  await spool[Symbol.asyncDispose]();
  for (const outcome of await outcomes) {
    assert.equal(outcome.status, 'rejected');
    assert.match(
      String(outcome.status === 'rejected' && outcome.reason),
      /cannot write to the spool: (ENOSPC|the disk is full)/,
    );
  }
  const next = await openSmall(disk.path, { maxBytes: 64 * MIB });
  assert.equal(next.recovered.damagedPlaces, 0);
  await next[Symbol.asyncDispose]();
});

test('the spool leaves the store the room for what waits, and goes on once that is stored', { skip }, async () => {
  using disk = tmpfs(24 * MIB);
  const counters = new Counters(SPOOL_COUNTERS);
  const folder = join(disk.path, 'spool');
  const reserve = new DiskReserve(disk.path);
  await using spool = await openSmall(folder, { maxBytes: 64 * MIB, counters, reserve, sharesDisk: true });
  const session = spool.openSession(source(1));
  const fillUp = async (): Promise<number> => {
    for (let appended = 0; ; appended++) {
      const done = spool.append(bulkEntry(session, 300 << 10));
      if (!done) return appended;
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
  };
  assert.ok((await fillUp()) > 20);
  assert.ok(freeOn(disk.path) >= spool.waitingBytes - 2 * MIB, `${freeOn(disk.path)} for ${spool.waitingBytes}`);
  assert.equal(spool.failed, undefined, 'it waits, and nothing failed');
  assert.equal(counters.get('spool.failures'), 0);

  spool.markSafe(spool.durable.sequence);
  await spool.room(AbortSignal.timeout(30_000));
  assert.ok((await fillUp()) > 0);
});

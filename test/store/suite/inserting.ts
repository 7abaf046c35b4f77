import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, EPOCH, messagesOf } from '../../support/batches.ts';

import { at, close, count, EVERYTHING, find, never, type Open, sample, withStore } from './tools.ts';

/** Inserted messages are found once, unchanged. */
export function inserting(open: Open): void {
  test('inserted messages are found complete', () =>
    withStore(open, async ({ writer, reader }) => {
      const batch = batchOf(sample(200));
      await writer.insert(batch);
      assert.deepEqual(await find(reader), messagesOf(batch));
    }));

  test('inserting the same messages again changes nothing', () =>
    withStore(open, async ({ writer, reader }) => {
      const drafts = sample(50);
      await writer.insert(batchOf(drafts));
      await writer.insert(batchOf(drafts));
      await writer.insert(batchOf(drafts.slice(0, 10)));
      await writer.insert(batchOf([...drafts.slice(40), { message: 'new' }], { from: 41 }));
      const found = await find(reader);
      assert.equal(found.length, 51);
      assert.equal(found[50]?.message, 'new');
      assert.equal(await count(reader), 51);
    }));

  test('an empty batch stores nothing', () =>
    withStore(open, async ({ writer, reader }) => {
      await writer.insert(batchOf([]));
      assert.deepEqual(await find(reader), []);
      assert.deepEqual(await reader.aggregate(EVERYTHING, { by: [] }, never()), [{ values: [], count: 0 }]);
      assert.deepEqual(await reader.aggregate(EVERYTHING, { by: ['hostname'] }, never()), []);
      assert.deepEqual(await reader.fieldNames(EVERYTHING, never()), []);
      assert.equal(await writer.latest(), 0);
      assert.equal(await reader.oldest(), undefined);
    }));

  test('a search returns all streams merged in order of arrival', () =>
    withStore(open, async ({ writer, reader }) => {
      const streams = ['default', 'auth', 'debug'];
      const drafts = sample(90).map((each, index) => ({ ...each, stream: streams[index % 3]! }));
      for (let at = 0; at < 90; at += 30) await writer.insert(batchOf(drafts.slice(at, at + 30), { from: at + 1 }));
      const found = await find(reader);
      assert.deepEqual(found, messagesOf(batchOf(drafts)));
      const auth = await find(reader, { filter: { kind: 'equals', field: 'stream', value: 'auth' } });
      assert.equal(auth.length, 30);
      const { days } = await reader.stats();
      assert.deepEqual(days.map(({ stream }) => stream).sort(), ['auth', 'debug', 'default']);
      for (const { day, messages, rawBytes } of days) {
        assert.equal(day, '2026-11-22');
        assert.equal(messages, 30);
        assert.ok(rawBytes > 0);
      }
    }));

  test('a message of a megabyte is stored complete', () =>
    withStore(open, async ({ writer, reader }) => {
      const long = 'é😀\0x'.repeat(120_000);
      await writer.insert(batchOf([{ message: 'before' }, { message: long }, { message: 'after' }]));
      const found = await find(reader);
      assert.deepEqual(
        found.map(({ message }) => message.length),
        [6, long.length, 5],
      );
      assert.equal(found[1]?.message === long, true);
    }));

  test('latest, oldest, safe and storedAfter report the stored positions', () =>
    withStore(open, async ({ writer, reader }) => {
      await writer.insert(batchOf([{}, { stream: 'auth' }, {}, {}], { node: 1, from: 10 }));
      await writer.insert(batchOf([{}, {}], { node: 2, from: 100 }));
      assert.equal(await writer.latest(), EPOCH + 101);
      assert.equal(await reader.oldest(), EPOCH + 10);
      const stored = await writer.storedAfter(at(1, 10));
      assert.deepEqual(
        [9, 10, 11, 12, 13, 14, 100].filter((each) => stored.has(each)),
        [11, 12, 13],
      );
      assert.equal(stored.size, 3);
      assert.equal((await writer.storedAfter(at(1, 13))).size, 0);
      assert.equal((await writer.storedAfter({ receivedAt: 0, node: 2, sequence: 0 })).size, 2);
      assert.equal((await writer.storedAfter({ receivedAt: 0, node: 3, sequence: 0 })).size, 0);
      assert.equal(await writer.safe(1), undefined);
      await writer.makeSafe(at(1, 12));
      await writer.makeSafe(at(1, 13));
      await writer.makeSafe(at(2, 100));
      assert.deepEqual(await writer.safe(1), at(1, 13));
      assert.deepEqual(await writer.safe(2), at(2, 100));
      assert.equal(await writer.safe(3), undefined);
      assert.deepEqual(await reader.safe(1), at(1, 13));
      assert.equal(await reader.safe(3), undefined);
      const seen = await reader.storedAfter(at(1, 11));
      assert.deepEqual([seen.size, seen.has(11), seen.has(12)], [2, false, true]);
    }));

  test('maintenance changes no answer', () =>
    withStore(open, async ({ writer, reader }) => {
      const drafts = sample(300).map((each, index) => ({ ...each, stream: index % 7 === 0 ? 'auth' : 'default' }));
      for (let from = 0; from < 300; from += 10) {
        await writer.insert(batchOf(drafts.slice(from, from + 10), { from: from + 1 }));
      }
      const want = messagesOf(batchOf(drafts));
      assert.deepEqual(await find(reader), want);
      for (let rounds = 0; await writer.maintain(1000); rounds++) assert.ok(rounds < 1000, 'upkeep ends');
      assert.deepEqual(await find(reader), want);
      assert.deepEqual(await find(reader, { order: 'newest' }), [...want].reverse());
    }));
}

/** Data that must survive closing the store. */
export function reopening(open: Open): void {
  test('stored data survives closing the store', async (context) => {
    const first = await open({ now: () => EPOCH, streams: [] });
    if (!first.reopen) {
      await close(first);
      context.skip('this store keeps nothing after closing');
      return;
    }
    const drafts = sample(120).map((each, index) => ({ ...each, stream: index % 5 === 0 ? 'auth' : 'default' }));
    await first.writer.insert(batchOf(drafts));
    await first.writer.makeSafe(at(1, 120));
    await first.writer.state('rules').put('a', { x: 1 }, 0);
    const second = await first.reopen();
    assert.deepEqual(await find(second.reader), messagesOf(batchOf(drafts)));
    assert.deepEqual(await second.writer.safe(1), at(1, 120));
    assert.equal(await second.writer.latest(), EPOCH + 120);
    assert.deepEqual((await second.writer.state('rules').get('a'))?.value, { x: 1 });
    await second.writer.insert(batchOf([...drafts.slice(110), { message: 'new' }], { from: 111 }));
    assert.equal((await find(second.reader)).length, 121);
    await close(second);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogMessage } from '../../../src/model/message.ts';
import type { StoreWriter, StreamPolicy } from '../../../src/store/contract.ts';
import { batchOf, type Draft, messagesOf } from '../../support/batches.ts';

import {
  count,
  DAY,
  EVERYTHING,
  find,
  idsOf,
  MINUTE,
  naiveCount,
  never,
  type Open,
  sorted,
  withStore,
} from './tools.ts';

/** `keep` hides at once and `expire` removes whole days. */
export function retention(open: Open): void {
  const streams: StreamPolicy[] = [{ name: 'short', keep: DAY }, { name: 'long', keep: 5 * DAY }, { name: 'default' }];
  const midnight = Date.UTC(2026, 10, 20);
  /** A message an hour in each stream for six days, the last ones at 23:00 of the 25th. */
  const fill = async (writer: StoreWriter): Promise<LogMessage[]> => {
    const drafts: Draft[] = [];
    for (let hour = 0; hour < 6 * 24; hour++) {
      const received_at = new Date(midnight + hour * 60 * MINUTE);
      for (const { name } of streams) drafts.push({ received_at, stream: name, message: `${name} ${hour}` });
    }
    const batch = batchOf(drafts);
    await writer.insert(batch);
    return messagesOf(batch);
  };
  const kept = (messages: readonly LogMessage[], now: number): LogMessage[] =>
    messages.filter(({ stream, received_at }) => {
      const keep = streams.find(({ name }) => name === stream)?.keep ?? Infinity;
      return received_at.getTime() >= now - keep;
    });

  test('what is past its keep is hidden at once', () => {
    let now = midnight;
    return withStore(
      open,
      async ({ writer, reader }) => {
        const messages = await fill(writer);
        for (const hours of [0, 24, 24.5, 60, 143, 200]) {
          now = midnight + hours * 60 * MINUTE;
          const want = kept(messages, now);
          assert.deepEqual(idsOf(await find(reader)), idsOf(want), `${hours} hours`);
          assert.deepEqual(idsOf(await find(reader, { order: 'newest', limit: 5 })), idsOf(want.slice(-5).reverse()));
          assert.equal(await count(reader), want.length);
          const groups = await reader.aggregate(EVERYTHING, { by: ['stream'], every: DAY }, never());
          assert.deepEqual(sorted(groups), sorted(naiveCount(want, { by: ['stream'], every: DAY })));
        }
      },
      { now: () => now, streams },
    );
  });

  test('whole days past their keep are removed, and nothing else', () => {
    const now = midnight + 6 * DAY;
    return withStore(
      open,
      async ({ writer, reader }) => {
        const messages = await fill(writer);
        const report = await writer.expire(now);
        assert.equal(report.messages, 5 * 24 + 24);
        assert.ok(report.bytes > 0);
        assert.ok(report.removed.length > 0);
        assert.deepEqual(idsOf(await find(reader)), idsOf(kept(messages, now)));
        const days = (await reader.stats()).days.map(({ stream, day }) => `${stream} ${day}`);
        assert.equal(days.filter((each) => each.startsWith('short ')).join(), 'short 2026-11-25');
        assert.equal(days.filter((each) => each.startsWith('long ')).length, 5);
        assert.equal(days.filter((each) => each.startsWith('default ')).length, 6);
        assert.equal(await reader.oldest(), midnight);
        assert.equal((await writer.expire(now)).messages, 0);
      },
      { now: () => now, streams },
    );
  });
}

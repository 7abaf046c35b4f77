import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogMessage } from '../../../src/model/message.ts';
import type { Filter } from '../../../src/model/filter.ts';
import type {
  Excess,
  Hold,
  Removal,
  RetentionEdge,
  StoreReader,
  StoreWriter,
  StreamPolicy,
} from '../../../src/store/contract.ts';
import { holdsOf } from '../../../src/store/retention/holds.ts';
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

/** `keep` hides messages immediately; `expire` deletes whole days. */
export function retention(open: Open): void {
  const streams: StreamPolicy[] = [{ name: 'short', keep: DAY }, { name: 'long', keep: 5 * DAY }, { name: 'default' }];
  const midnight = Date.UTC(2026, 10, 20);
  /** One message an hour in each stream for six days, the last at 23:00 of the 25th. */
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

  test('messages past their keep are hidden immediately', () => {
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

  test('expire removes whole days past their keep and nothing else', () => {
    const now = midnight + 6 * DAY;
    return withStore(
      open,
      async ({ writer, reader }) => {
        const messages = await fill(writer);
        const { removed, exceeded } = await writer.expire(now);
        assert.deepEqual(
          removed
            .map(({ stream, day, messages: taken, why, until }) => [stream, day.slice(8), taken, why, until])
            .sort(),
          [
            ['long', '20', 24, 'keep', midnight + DAY],
            ...[20, 21, 22, 23, 24].map((day) => ['short', `${day}`, 24, 'keep', midnight + (day - 19) * DAY]),
          ],
        );
        assert.ok(removed.every(({ bytes }) => bytes > 0));
        assert.deepEqual(exceeded, []);
        assert.deepEqual(idsOf(await find(reader)), idsOf(kept(messages, now)));
        assert.deepEqual(await daysOf(reader, 'short'), ['25']);
        assert.equal((await daysOf(reader, 'long')).length, 5);
        assert.equal((await daysOf(reader, 'default')).length, 6);
        assert.equal(await reader.oldest(), midnight);
        assert.deepEqual((await writer.expire(now)).removed, []);
      },
      { now: () => now, streams },
    );
  });

  test('retentionEdges reports what was deleted or hidden', () => {
    let now = midnight;
    return withStore(
      open,
      async ({ writer, reader }) => {
        await fill(writer);
        assert.deepEqual(await reader.retentionEdges(), []);
        now = midnight + 1.5 * DAY;
        assert.deepEqual(await reader.retentionEdges(), [
          { stream: 'short', until: midnight + 0.5 * DAY, why: 'keep' },
        ]);
        now = midnight + 6 * DAY;
        await writer.expire(now);
        const edges = [
          { stream: 'long', until: midnight + DAY, why: 'keep' },
          { stream: 'short', until: midnight + 5 * DAY, why: 'keep' },
        ];
        assert.deepEqual((await reader.retentionEdges()).sort(byStream), edges);
        // Deletions stay recorded after a change of the configuration.
        reader.setRetention({ streams: [] });
        writer.setRetention({ streams: [] });
        assert.deepEqual((await reader.retentionEdges()).sort(byStream), edges);
      },
      { now: () => now, streams },
    );
  });

  test('a changed keep applies immediately to stored messages', () => {
    const now = midnight + 6 * DAY;
    return withStore(
      open,
      async ({ writer, reader }) => {
        await fill(writer);
        assert.equal(await countOf(reader, 'default'), 144);
        const changed: StreamPolicy[] = [{ name: 'default', keep: DAY }];
        reader.setRetention({ streams: changed });
        assert.equal(await countOf(reader, 'default'), 24);
        writer.setRetention({ streams: changed });
        const { removed } = await writer.expire(now);
        assert.deepEqual([...new Set(removed.map(({ stream }) => stream))], ['default']);
        assert.equal(removed.length, 5);
        assert.equal(await countOf(reader, 'short'), 144);
      },
      { now: () => now, streams: [{ name: 'short' }, { name: 'default' }] },
    );
  });

  test('a hold keeps matching messages visible, and their day stored, until it is released', () => {
    let now = midnight + 6 * DAY;
    return withStore(
      open,
      async ({ writer, reader }) => {
        const messages = await fill(writer);
        const holds = holdsOf(writer);
        await holds.add(hold('case-17', { since: midnight + 30 * 60 * MINUTE, until: midnight + 40 * 60 * MINUTE }));
        await holds.add(
          hold('case-18', { query: 'short 100', filter: { kind: 'word', field: 'message', token: '100' } }),
        );
        const isHeld = ({ stream, received_at, message }: LogMessage): boolean => {
          const hour = (received_at.getTime() - midnight) / (60 * MINUTE);
          return (
            (hour >= 30 && hour < 40) || message === 'short 100' || (stream !== 'short' && message.endsWith(' 100'))
          );
        };
        const want = () => {
          const shown = new Set(kept(messages, now));
          return messages.filter((message) => shown.has(message) || isHeld(message));
        };
        for (const order of ['oldest', 'newest'] as const) {
          const ids = idsOf(want());
          assert.deepEqual(idsOf(await find(reader, { order })), order === 'oldest' ? ids : ids.reverse());
        }
        assert.deepEqual(idsOf(await find(reader, { limit: 3 })), idsOf(want().slice(0, 3)));
        const since = midnight + 36 * 60 * MINUTE;
        const until = midnight + 101 * 60 * MINUTE;
        const filter: Filter = { kind: 'equals', field: 'stream', value: 'short' };
        const within = want().filter(
          ({ stream, received_at: { getTime }, received_at }) =>
            stream === 'short' && getTime.call(received_at) >= since && getTime.call(received_at) < until,
        );
        assert.deepEqual(idsOf(await find(reader, { filter, since, until })), idsOf(within));
        assert.equal(await count(reader), want().length);
        await writer.expire(now);
        assert.deepEqual(idsOf(await find(reader)), idsOf(want()));
        assert.deepEqual(await daysOf(reader, 'short'), ['21', '24', '25']);
        assert.deepEqual(
          (await holds.list()).map(({ name, why }) => [name, why]),
          [
            ['case-17', 'an incident'],
            ['case-18', 'an incident'],
          ],
        );
        await assert.rejects(holds.add(hold('case-17')), { code: 'ERR_USAGE' });
        assert.equal((await holds.release('case-17')).name, 'case-17');
        await assert.rejects(holds.release('case-17'), { code: 'ERR_USAGE' });
        await holds.release('case-18');
        now += 1;
        assert.deepEqual(idsOf(await find(reader)), idsOf(kept(messages, now)));
        await writer.expire(now);
        assert.deepEqual(await daysOf(reader, 'short'), ['25']);
      },
      { now: () => now, streams },
    );
  });
}

/**
 * Size limits: `expire` deletes the oldest days, of the least important stream first, and never
 * pinned ones.
 */
export function sizeLimits(open: Open): void {
  const midnight = Date.UTC(2026, 10, 20);
  const names = ['audit', 'debug', 'default'];
  /** Ten messages an hour in each stream for four days, made safe. */
  const fill = async (writer: StoreWriter): Promise<void> => {
    let sequence = 0;
    for (let hour = 0; hour < 4 * 24; hour++) {
      const drafts: Draft[] = [];
      for (let each = 0; each < 10; each++) {
        const received_at = new Date(midnight + hour * 60 * MINUTE + each);
        for (const stream of names) drafts.push({ received_at, stream, message: `${stream} ${Math.sin(++sequence)}` });
      }
      await writer.insert(batchOf(drafts, { from: sequence * 3 }));
    }
    await writer.makeSafe({ receivedAt: midnight + 4 * DAY, node: 1, sequence: sequence * 9 });
  };
  const bytesOf = async (reader: StoreReader, ...streams: string[]): Promise<number> =>
    (await reader.stats()).days
      .filter(({ stream }) => streams.includes(stream))
      .reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const settings = { now: () => midnight + 4 * DAY, streams: names.map((name) => ({ name })) };

  test('expire deletes the oldest days of a stream that is over its max_size, and of no other', () =>
    withStore(
      open,
      async ({ writer, reader }) => {
        await fill(writer);
        const maxSize = Math.ceil((await bytesOf(reader, 'debug')) * 0.6);
        writer.setRetention({ streams: [{ name: 'debug', maxSize }] });
        const { removed, exceeded } = await writer.expire(settings.now());
        assert.ok(removed.length > 0 && removed.every(({ stream, why }) => stream === 'debug' && why === 'max_size'));
        assert.equal(removed[0]!.day, '2026-11-20');
        assert.deepEqual(exceeded, []);
        assert.ok((await bytesOf(reader, 'debug')) <= maxSize);
        assert.equal(await countOf(reader, 'audit'), 960);
        const left = await find(reader, { filter: { kind: 'equals', field: 'stream', value: 'debug' } });
        assert.equal(left.length + removed.reduce((sum, { messages }) => sum + messages, 0), 960);
        const edge = (await reader.retentionEdges()).find(({ stream }) => stream === 'debug')!;
        assert.equal(edge.why, 'max_size');
        assert.ok(left.every(({ received_at }) => received_at.getTime() >= edge.until));
      },
      settings,
    ));

  test('expire deletes from the least important stream first if max_disk is exceeded, but not pinned days', () =>
    withStore(
      open,
      async ({ writer, reader }) => {
        await fill(writer);
        const streams: StreamPolicy[] = [
          { name: 'audit', importance: 'high' },
          { name: 'debug', importance: 'low' },
        ];
        const total = await bytesOf(reader, ...names);
        await holdsOf(writer).add(hold('oldest', { until: midnight + DAY }));
        writer.setRetention({ streams, maxDisk: Math.ceil(total * 0.95) });
        const first = await writer.expire(settings.now());
        assert.deepEqual([...new Set(first.removed.map(({ stream, why }) => `${stream} ${why}`))], ['debug max_disk']);
        assert.equal(first.removed[0]!.day, '2026-11-21');
        assert.ok((await bytesOf(reader, ...names)) <= total * 0.95 + 1);
        writer.setRetention({ streams, maxDisk: Math.ceil(total * 0.4) });
        const removed: Removal[] = [];
        let exceeded: readonly Excess[];
        do {
          const report = await writer.expire(settings.now());
          removed.push(...report.removed);
          exceeded = report.exceeded;
          if (exceeded[0]?.goesOn) assert.equal(report.removed.length, 1, 'a much lower limit deletes one by one');
        } while (exceeded[0]?.goesOn);
        assert.deepEqual([...new Set(removed.map(({ stream }) => stream))], ['debug', 'default', 'audit']);
        assert.deepEqual(await daysOf(reader, 'debug'), ['20', '23']);
        assert.equal(exceeded.length, 1);
        assert.equal(exceeded[0]!.limit, 'max_disk');
        assert.ok(exceeded[0]!.heldBytes > 0 && exceeded[0]!.bytes > exceeded[0]!.allowed);
        await holdsOf(writer).release('oldest');
        assert.ok((await writer.expire(settings.now())).removed.every(({ day }) => day === '2026-11-20'));
        assert.deepEqual(await daysOf(reader, 'debug'), ['23']);
      },
      settings,
    ));
}

function hold(name: string, rest: Partial<Hold> = {}): Hold {
  return { name, query: '', filter: { kind: 'all' }, why: 'an incident', addedAt: 0, ...rest };
}

function byStream(a: RetentionEdge, b: RetentionEdge): number {
  return a.stream < b.stream ? -1 : 1;
}

/** The days of November on which a stream has messages. */
async function daysOf(reader: StoreReader, name: string): Promise<string[]> {
  return (await reader.stats()).days
    .filter(({ stream }) => stream === name)
    .map(({ day }) => day.slice(8))
    .sort();
}

async function countOf(reader: StoreReader, stream: string): Promise<number> {
  return (await find(reader, { filter: { kind: 'equals', field: 'stream', value: stream } })).length;
}

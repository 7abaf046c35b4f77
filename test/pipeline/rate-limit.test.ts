import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DISPOSITION } from '../../src/model/batch.ts';
import { batchOf, type Draft, messagesOf } from '../support/batches.ts';
import fc from '../support/fc.ts';
import { stageConformance } from './conformance.ts';
import { open, ROOM, stage, through } from './kit.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 22, 12);
stageConformance('rate-limit', { limit: 2, every: '10s' }, fc.constantFrom({ hostname: 'a' }, { hostname: 'b' }, {}));

/** Messages of a host, `gap` ms apart. */
const flood = (hostname: string, count: number, gap: number, from = START): Draft[] =>
  Array.from({ length: count }, (_, index) => ({
    hostname,
    message: `${hostname} ${index}`,
    received_at: new Date(from + index * gap),
  }));

test('rate-limit lets the limit of each host through, and writes a summary line each minute', async () => {
  const one = stage({ kind: 'rate-limit', limit: 3, every: '1m' });
  const drafts = [...flood('loud', 150, 1000), ...flood('calm', 3, 1000, START + 150_000)];
  const { left, dropped, counted } = await through([one], drafts);
  assert.deepEqual(
    left.map(({ message }) => message),
    [
      ...['loud 0', 'loud 1', 'loud 2'],
      'rate limit rate-limit0: 1 message of hostname loud dropped since 2026-11-22T12:00:03.000Z; the limit is 3 in 1m',
      ...['loud 60', 'loud 61', 'loud 62'],
      'rate limit rate-limit0: 57 messages of hostname loud dropped since 2026-11-22T12:00:03.000Z; the limit is 3 in 1m',
      ...['loud 120', 'loud 121', 'loud 122'],
      'rate limit rate-limit0: 57 messages of hostname loud dropped since 2026-11-22T12:01:03.000Z; the limit is 3 in 1m',
      ...['calm 0', 'calm 1', 'calm 2'],
    ],
  );
  const [line] = left.filter(({ appname }) => appname === 'cordwood');
  assert.deepEqual([line!.hostname, line!.level, line!.facility], ['loud', 'warning', 5]);
  assert.equal(counted, 150 - 9);
  assert.equal(dropped.length, 150 - 9 - 3);
});

test('rate-limit counts by peer, and only rows that match', async () => {
  const one = stage({ kind: 'rate-limit', by: 'source.ip', limit: 1, every: '1m', match: 'severity:debug' });
  const drafts = [{ severity: 7 }, { severity: 3 }, { severity: 7 }, { severity: 7 }, { severity: 3 }];
  const { left } = await through(
    [one],
    drafts.map((each) => ({ ...each, received_at: new Date(START) })),
  );
  assert.deepEqual(
    left.map(({ severity }) => severity),
    [7, 3, 4, 3],
  );
});

test('rate-limit: forged host names do not fill the memory', async () => {
  const one = stage({ kind: 'rate-limit', limit: 1, every: '1m' });
  const { pipeline } = await open([one]);
  for (let from = 0; from < 30_000; from += 1000) {
    const drafts = Array.from({ length: 1000 }, (_, index) => ({
      hostname: `h${from + index}`,
      received_at: new Date(START),
    }));
    pipeline.run(batchOf(drafts, { room: ROOM }));
  }
  const saved = pipeline.save() as { 'rate-limit0': { buckets: unknown[] } };
  assert.equal(saved['rate-limit0'].buckets.length, 10_001);
});

test('rate-limit treats messages after a crash as before it, whichever of them were stored', async () => {
  const one = stage({ kind: 'rate-limit', limit: 5, every: '10s' });
  const drafts = Array.from(
    { length: 400 },
    (_, index): Draft => ({
      hostname: `h${index % 3}`,
      received_at: new Date(START + index * 250),
      sequence: index + 1,
      message: `line ${index}`,
    }),
  );
  const all = (await through([one], drafts)).left;
  const law = fc.asyncProperty(fc.nat(399), fc.nat(399), fc.nat(399), async (a, b, c) => {
    const [safe, died, lost] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
    const before = await open([one]);
    const first = batchOf(drafts.slice(0, safe), { room: ROOM });
    before.pipeline.run(first);
    const saved = JSON.stringify(before.pipeline.save());
    const second = batchOf(drafts.slice(safe, died), { room: ROOM });
    before.pipeline.run(second);
    const stored = new Map([...messagesOf(first), ...messagesOf(second)].map((message) => [message._id, message]));
    // Only a part of the last batch may be committed.
    for (const { _id } of all.slice(lost)) stored.delete(_id);
    const after = await open([one]);
    after.pipeline.restore(JSON.parse(saved));
    const rest = batchOf(drafts.slice(safe), { room: ROOM });
    for (let row = 0; row < rest.count; row++) if (stored.has(rest.id(row))) rest.drop(row, DISPOSITION.alreadyStored);
    after.pipeline.run(rest);
    for (const message of messagesOf(rest)) {
      assert.ok(!stored.has(message._id));
      stored.set(message._id, message);
    }
    assert.deepEqual(
      [...stored.values()].sort((x, y) => (x._id < y._id ? -1 : 1)),
      all,
    );
  });
  await fc.assert(law, { numRuns: 100 });
});

test('rate-limit forgets its counts if the limit has changed at a restart', async () => {
  const saved = await (async () => {
    const { pipeline } = await open([stage({ kind: 'rate-limit', limit: 1 })]);
    pipeline.run(batchOf(flood('a', 3, 10), { room: ROOM }));
    return pipeline.save();
  })();
  const { pipeline } = await open([stage({ kind: 'rate-limit', limit: 2 })]);
  pipeline.restore(saved);
  const batch = batchOf(flood('a', 2, 10, START + MINUTE / 2), { room: ROOM });
  pipeline.run(batch);
  assert.equal(batch.count, 2);
  for (const rubbish of [null, 7, 'x', {}, { other: 1 }]) pipeline.restore(rubbish);
});

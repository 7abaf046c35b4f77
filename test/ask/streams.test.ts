import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullAt, growthOf } from '../../src/ask/forecast.ts';
import type { StreamRow } from '../../src/ask/contract.ts';
import { EPOCH } from '../support/batches.ts';
import { DAY, HOUR, World } from './world.ts';

const TODAY = Date.UTC(2026, 10, 22);
const NOON = TODAY + DAY / 2;
const day = (before: number, storedBytes: number, stream = 'default') => ({
  stream,
  day: new Date(TODAY - before * DAY).toISOString().slice(0, 10),
  messages: 1,
  rawBytes: 1,
  storedBytes,
});
const stream = (more: Partial<StreamRow> = {}): StreamRow => {
  const name = { name: 'default', importance: 'normal' as const, configured: true, messages: 1, bytes: 1 };
  return { ...name, ...more };
};

for (const [name, days, oldest, want] of [
  ['is the mean of whole days', [day(3, 100), day(2, 200), day(1, 300), day(0, 5000)], 0, 200],
  ['counts days without messages', [day(4, 400), day(1, 400)], 0, 200],
  ['looks back a week at most', [day(9, 1e6), ...Array.from({ length: 7 }, (_, n) => day(7 - n, 70))], 0, 70],
  ['is extrapolated on the first day', [day(0, 100)], NOON - DAY / 4, 400],
  ['is known after one hour', [day(0, 1)], NOON - HOUR, 24],
  ['is not known before one hour', [day(0, 100_000)], NOON - HOUR + 1, undefined],
  ['is not known of an empty stream', [], 0, undefined],
  ['is zero for a stream that receives nothing any more', [day(20, 100)], 0, 0],
] as const) {
  test(`growth ${name}`, () => assert.equal(growthOf(days, NOON, oldest), want));
}

for (const [name, more, limits, want] of [
  ['finds when growth reaches max_disk', { growth: 100 }, { maxDisk: 1000 }, { at: NOON + 9 * DAY, of: 'max_disk' }],
  [
    'finds when the disk is full before max_disk',
    { growth: 100 },
    { maxDisk: 1000, disk: { free: 300 } },
    { at: NOON + 3 * DAY, of: 'disk' },
  ],
  ['subtracts what expires', { growth: 100, keep: 5 * DAY }, { maxDisk: 1000 }, undefined],
  [
    'finds max_disk before anything expires',
    { growth: 100, keep: 50 * DAY },
    { maxDisk: 1000 },
    { at: NOON + 9 * DAY, of: 'max_disk' },
  ],
  ['takes max_size into account', { growth: 100, maxSize: 500 }, { maxDisk: 1000 }, undefined],
  ['is empty without growth', {}, { maxDisk: 1000, disk: { free: 10 } }, undefined],
  ['reports a limit that is already reached', {}, { maxDisk: 100 }, { at: NOON, of: 'max_disk' }],
  ['is empty without a limit', { growth: 100 }, {}, undefined],
] as const) {
  test(`the forecast ${name}`, () => {
    const { maxDisk, disk }: { maxDisk?: number; disk?: { free: number } } = limits;
    assert.deepEqual(fullAt({ rows: [stream(more)], days: [day(0, 100)], now: NOON, maxDisk, disk }), want);
  });
}

test('streams lists configured and other streams, and what expires next', async () => {
  const world = new World(7 * DAY);
  await world.add([
    { message: 'x'.repeat(100), received_at: new Date(EPOCH - 8.5 * DAY) },
    { message: 'x'.repeat(100), received_at: new Date(EPOCH - 2 * DAY) },
    { message: 'x'.repeat(300), received_at: new Date(EPOCH - DAY), stream: 'former' },
  ]);
  const { rows } = await world.get('streams', {});
  const [report] = rows;
  const { streams, ...rest } = report!;
  assert.deepEqual(
    streams.map(({ name, configured, messages, bytes, growth }) => [name, configured, messages, bytes, growth]),
    [
      ['default', true, 2, 200, 100 / 7],
      ['former', false, 1, 300, 300],
    ],
  );
  const midnight = Math.floor(EPOCH / DAY) * DAY;
  assert.deepEqual(streams[0]!.next, {
    day: new Date(EPOCH - 2 * DAY).toISOString().slice(0, 10),
    at: midnight - DAY + 7 * DAY,
    bytes: 100,
  });
  assert.deepEqual(streams[0]!.taken, { stream: 'default', until: world.now - 7 * DAY, why: 'keep' });
  assert.deepEqual([rest.bytes, rest.holds, rest.full], [500, 0, undefined]);
});

test('holds are added, listed, counted and released', async () => {
  const world = new World();
  await world.add([
    { message: 'one', hostname: 'web1' },
    { message: 'two', hostname: 'db1' },
  ]);
  const scope = { query: 'one OR two', filters: [{ text: 'hostname:web*', flag: '-H web*' }], since: EPOCH - HOUR };
  const { rows } = await world.get('hold-add', { ...scope, why: 'because' });
  const row = { name: 'hold-1', since: EPOCH - HOUR, query: '(one OR two) (hostname:web*)', why: 'because' };
  assert.deepEqual(rows, [{ ...row, addedAt: world.now, messages: 1 }]);
  await world.get('hold-add', { since: 'all', why: 'all of it', name: 'everything' });
  await world.get('hold-add', { since: 'all', why: 'again' });
  assert.deepEqual(
    (await world.get('holds', {})).rows.map(({ name }) => name),
    ['everything', 'hold-1', 'hold-2'],
  );
  assert.equal((await world.get('streams', {})).rows[0]!.holds, 3);
  assert.deepEqual((await world.get('hold-release', { name: 'hold-1' })).rows, [{ ...row, addedAt: world.now }]);
  for (const [name, params, reason] of [
    ['hold-release', { name: 'hold-1' }, /cannot release the hold hold-1: there is no such hold/],
    ['hold-add', { since: 'all', why: 'x', name: 'everything' }, /a hold of this name exists already/],
    ['hold-add', { why: 'x' }, /cannot add a hold without a window/],
    ['hold-add', { since: 'all', why: 'x', query: 'a:(' }, /cannot read the query/],
    ['hold-add', { since: 'all', why: '' }, /cannot answer hold-add: why/],
    ['hold-add', { since: 'all', why: 'x', name: 'A b' }, /is not a valid name/],
  ] as const) {
    await assert.rejects(async () => world.get(name, params as never), reason);
  }
});

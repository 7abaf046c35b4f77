import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SequenceGaps } from '../../src/account/sequence-gaps.ts';
import type { MessageBatch } from '../../src/model/batch.ts';
import { batchOf, type Draft, EPOCH } from '../support/batches.ts';
import fc from '../support/fc.ts';

const LATER = EPOCH + 3_600_000;
const HIGHEST = 2 ** 31 - 1;

function numbered(numbers: readonly number[], hostname = 'web1', from = 0): Draft[] {
  return numbers.map((id, index) => ({
    hostname,
    received_at: new Date(EPOCH + from + index),
    structured_data: [{ id: 'meta', params: [{ name: 'sequenceId', value: String(id) }] }],
  }));
}

const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** What is missing after rows with these numbers came, whichever way a batch lies in memory. */
function missing(...batches: readonly (readonly number[])[]): number {
  const [one, other] = [false, true].map((inMemory) => {
    const counts = new SequenceGaps();
    let at = 0;
    for (const numbers of batches) {
      counts.follow(batchOf(numbered(numbers, 'web1', at), { inMemory }));
      at += numbers.length;
    }
    return counts.found(LATER).reduce((sum, { count = 0 }) => sum + count, 0);
  });
  assert.equal(one, other);
  return one!;
}

test('numbers that never arrived are counted', () => {
  for (const [batches, expected] of [
    [[run(1, 50)], 0],
    [[run(1, 20), run(22, 40)], 1],
    [[[...run(1, 20), ...run(31, 40), ...run(45, 50)]], 14],
    // Too few followed one another, the sender began anew, one is told twice, the count wraps.
    [[[1, 2, 3, 9, 10]], 0],
    [[run(1, 50), run(1, 50)], 0],
    [[run(1, 50), [50, 50], run(51, 60)], 0],
    [[run(HIGHEST - 20, HIGHEST), run(1, 20)], 0],
    [[run(HIGHEST - 20, HIGHEST), run(3, 20)], 2],
    // Two counts in one name make no row.
    [[run(1, 60).flatMap((number) => [number, number + 5000])], 0],
  ] as const) {
    assert.equal(missing(...batches), expected, JSON.stringify(batches).slice(0, 80));
  }
});

test('datagrams out of order leave no hole', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 40, maxLength: 200 }), (delays) => {
      // Each number is delayed by some places, and a few in the middle are lost.
      const sent = delays.map((delay, index) => ({ id: index + 20, at: index + delay }));
      const kept = sent.filter(({ id }) => id < 40 || id > 42);
      const arrived = kept.sort((a, b) => a.at - b.at || a.id - b.id).map(({ id }) => id);
      const lost = delays.length > 23 + 10 ? sent.filter(({ id }) => id >= 40 && id <= 42).length : 0;
      assert.equal(missing(run(1, 19), arrived), lost);
    }),
    { numRuns: 200 },
  );
});

test('a hole has its sender and the arrivals around it, and is reported once', () => {
  const counts = new SequenceGaps();
  counts.follow(batchOf(numbered(run(1, 10))));
  counts.follow(batchOf(numbered(run(14, 20), 'web1', 5000)));
  counts.follow(batchOf(numbered(run(1, 20), 'web2', 5000)));
  assert.deepEqual(counts.found(EPOCH + 5001), []);
  assert.deepEqual(counts.found(LATER), [
    { from: EPOCH + 9, to: EPOCH + 5000, reason: 'sequence', listener: 'tcp0', host: 'web1', count: 3 },
  ]);
  assert.deepEqual(counts.found(LATER), []);
});

test('rows that left their batch count at their place', () => {
  const counts = new SequenceGaps();
  const drafts = numbered(run(1, 20)).map((draft, index) => ({ ...draft, sequence: index + 1 }));
  const without = (gone: readonly number[]): MessageBatch =>
    batchOf(drafts.filter(({ sequence }) => !gone.includes(sequence)));
  const whole = batchOf(drafts);
  for (const row of [14, 4, 19]) counts.leftOut(whole, row);
  counts.follow(without([5, 15, 20]));
  counts.follow(batchOf(numbered(run(21, 30), 'web1', 100)));
  assert.deepEqual(counts.found(LATER), []);
});

test('senders and waiting holes survive a restart', () => {
  const first = new SequenceGaps();
  first.follow(batchOf(numbered([...run(1, 10), 12])));
  const state = JSON.parse(JSON.stringify(first.state()));
  assert.equal(first.state(), undefined);
  const second = new SequenceGaps();
  second.restore(state);
  second.follow(batchOf(numbered(run(15, 16), 'web1', 100)));
  assert.deepEqual(
    second.found(LATER).map(({ count }) => count),
    [1, 2],
  );
});

test('invalid numbers are ignored, and the number of senders is limited', () => {
  const counts = new SequenceGaps();
  for (const value of ['', '0', '-1', 'x', '2147483648', '99999999999999999999', '1.5']) {
    const structured_data = [{ id: 'meta', params: [{ name: 'sequenceId', value }] }];
    counts.follow(batchOf([{ structured_data }, { structured_data: [{ id: 'metal', params: [] }] }]));
  }
  assert.equal(counts.state(), undefined);
  for (let host = 0; host < 3000; host++) counts.follow(batchOf(numbered([1], `h${host}`)));
  assert.equal((counts.state() as unknown[]).length, 2000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginOf, Rollup, bucketKey } from '../../src/account/rollup.ts';
import { Bucket } from '../../src/account/bucket.ts';
import { readRollups } from '../../src/account/read-rollups.ts';
import { memoryState } from '../../src/store/memory/state.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 22, 10, 30);

/** A book with a clock to be set, whose changes are written as the store would. */
function desk(prefix = '1/taken') {
  const clock = { now: START };
  const state = memoryState(() => clock.now);
  let book = new Rollup(state, prefix, () => clock.now);
  const write = async (): Promise<number> => {
    const changes = book.changes();
    for (const { key, value } of changes) await state.put(key, value, (await state.get(key))?.revision ?? 0);
    book.written();
    return changes.length;
  };
  const add = (at: number, amount: number): Promise<void> => {
    const cell = new Bucket();
    cell.add('listener', 'tcp0', 'taken', amount);
    return book.add(new Map([[at, cell]]));
  };
  const total = async (from: number, to: number) => {
    const { window, rollups } = await readRollups(() => state, [1], { from, to });
    return { ...window, taken: rollups.get(1)!.taken.rows('listener')[0]?.counts['taken'] ?? 0 };
  };
  const keys = async (): Promise<string[]> => (await state.scan('')).map(({ key }) => key);
  const reopen = (): void => {
    book = new Rollup(state, prefix, () => clock.now);
  };
  return { clock, write, add, total, keys, reopen, roll: () => book.roll() };
}

test('the key of a bucket tells when it starts', () => {
  for (const [grain, at] of [
    ['minute', START],
    ['hour', START - 30 * MINUTE],
    ['day', Date.UTC(2026, 10, 22)],
  ] as const) {
    assert.equal(beginOf(bucketKey('1/taken', grain, at)), at);
  }
});

test('a bucket continues the counts of an earlier run and is written as a whole', async () => {
  const { add, write, total, reopen } = desk();
  await add(START, 2);
  assert.equal(await write(), 1);
  assert.equal(await write(), 0);
  reopen();
  await add(START, 3);
  await add(START + MINUTE, 1);
  assert.equal(await write(), 2);
  assert.deepEqual(await total(START, START + MINUTE), { from: START, to: START + MINUTE, taken: 5 });
  assert.deepEqual(await total(0, Infinity), { from: 0, to: Infinity, taken: 6 });
});

test('minutes are rolled up into hours and days, old days are deleted, and nothing is lost or counted twice', async () => {
  const { clock, add, write, total, keys, roll, reopen } = desk();
  let sum = 0;
  for (let step = 0; step < 40; step++) {
    await add(clock.now, step + 1);
    sum += step + 1;
    await roll();
    await write();
    assert.equal((await total(0, Infinity)).taken, sum);
    if (step % 7 === 0) reopen();
    clock.now += step < 20 ? 37 * MINUTE : 3 * DAY + 11 * MINUTE;
  }
  // A spool that had to wait brings what is old.
  await add(clock.now - 50 * DAY, 100);
  await write();
  assert.equal((await total(0, Infinity)).taken, sum + 100);
  const grains = (await keys()).map((key) => key.split('/')[2]);
  assert.ok(grains.includes('hour') && grains.includes('day'));
  assert.ok(!(await keys()).some((key) => key.includes('/minute/') && beginOf(key) < clock.now - 4 * DAY));
  for (let twice = 0; twice < 2; twice++) {
    clock.now += 500 * DAY;
    await roll();
    await write();
  }
  assert.deepEqual(await keys(), []);
});

test('a window is widened to whole buckets', async () => {
  const { clock, add, write, total, roll } = desk();
  for (let minute = 0; minute < 60; minute++) await add(START + minute * MINUTE, 1);
  await write();
  const from = START + 10 * MINUTE + 5000;
  assert.deepEqual(await total(from, from + MINUTE), { from: START + 10 * MINUTE, to: START + 12 * MINUTE, taken: 2 });
  clock.now += 30 * HOUR;
  await roll();
  await write();
  const hour = Date.UTC(2026, 10, 22, 10);
  assert.deepEqual(await total(from, from + MINUTE), { from: hour, to: hour + HOUR, taken: 30 });
});

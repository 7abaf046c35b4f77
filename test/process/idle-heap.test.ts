import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { collectHeap } from '../../src/base/memory.ts';
import { IdleHeap } from '../../src/process/idle-heap.ts';

/** A heap that is looked at each second. @returns how often it was collected after each look */
function watched(busyEachSecond: readonly number[]): number[] {
  let collected = 0;
  const heap = new IdleHeap(() => {
    collected++;
  });
  let busy = 0;
  return busyEachSecond.map((each) => {
    busy += each;
    heap.look(busy);
    return collected;
  });
}

test('what a start left in the heap is collected in the third quiet second', () => {
  assert.deepEqual(watched([900, 400, 10, 5, 5, 5]), [0, 0, 0, 0, 1, 1]);
});

test('a busy thread is not stopped to collect its heap', () => {
  assert.equal(watched(Array.from({ length: 100 }, (_, second) => (second % 3 === 0 ? 80 : 0))).at(-1), 0);
});

test('a quiet heap that has not grown is collected once', () => {
  assert.equal(watched(Array.from({ length: 300 }, () => 0)).at(-1), 1);
});

test('a burst is collected once it is over, and not within a minute of the last time', () => {
  const heaps: unknown[] = [];
  let collected = 0;
  const heap = new IdleHeap(() => {
    collected++;
  });
  for (let second = 0; second < 10; second++) heap.look(0);
  assert.equal(collected, 1);
  heaps.push(Array.from({ length: 2_000_000 }, (_, n) => ({ n })));
  for (let second = 0; second < 40; second++) heap.look(0);
  assert.equal(collected, 1);
  for (let second = 0; second < 40; second++) heap.look(0);
  assert.equal(collected, 2);
  assert.equal(heaps.length, 1);
});

test('collecting gives memory back, and leaves no collector to the program', () => {
  let garbage: unknown[] = Array.from({ length: 2_000_000 }, (_, n) => ({ n }));
  const { total_physical_size: before } = getHeapStatistics();
  assert.equal(garbage.length, 2_000_000);
  garbage = [];
  collectHeap();
  assert.ok(getHeapStatistics().total_physical_size < before - (16 << 20));
  assert.equal('gc' in globalThis, false);
});

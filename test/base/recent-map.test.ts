import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentMap } from '../../src/base/recent-map.ts';

test('a map of recent entries makes each value once and keeps it while its key is used', () => {
  let made = 0;
  const map = new RecentMap<string>(10, (key) => `${key}${++made}`);
  assert.equal(map.get('a'), 'a1');
  assert.equal(map.get('a'), 'a1');
  for (let i = 0; i < 1000; i++) {
    map.get(`other${i}`);
    if (i % 4 === 0) assert.equal(map.get('a'), 'a1');
    assert.ok(map.size <= 10, `${map.size}`);
  }
});

test('a map of recent entries drops unused values, each exactly once', () => {
  let made = 0;
  const dropped: number[] = [];
  const map = new RecentMap<number>(
    10,
    () => made++,
    (values) => dropped.push(...values),
  );
  for (let i = 0; i < 1000; i++) map.get(`${i % 50}`);
  assert.equal(made - dropped.length, map.size);
  map.clear();
  assert.equal(map.size, 0);
  assert.deepEqual(
    dropped.sort((a, b) => a - b),
    Array.from({ length: made }, (_, i) => i),
  );
});

test('a value that counts as false is kept like any other', () => {
  let made = 0;
  const map = new RecentMap<number>(4, () => {
    made++;
    return 0;
  });
  map.get('a');
  map.get('b');
  map.get('c');
  assert.equal(map.get('a'), 0);
  assert.equal(made, 3);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counters } from '../../src/base/counters.ts';
import { threadCounters, watchThread } from '../../src/process/index.ts';
import { until } from '../support/until.ts';

test('a thread tells its memory, and how late and how busy its event loop is', async () => {
  const counters = new Counters(threadCounters());
  // What runs before the event loop does not count.
  await nextTurn();
  using _watching = watchThread('main', counters);
  const end = performance.now() + 1500;
  while (performance.now() < end);
  await until('the first look', () => counters.get('threads.main.memory') > 0);
  // The look was due after a second, and the loop was free after one and a half.
  assert.ok(counters.get('threads.main.delay') >= 400);
  assert.ok(counters.get('threads.main.busy') >= 1000);
  assert.equal(counters.get('threads.writer.memory'), 0);
});

test('once it is disposed of, a thread tells nothing more', async () => {
  const counters = new Counters(threadCounters());
  const watching = watchThread('reader', counters);
  await until('the first look', () => counters.get('threads.reader.memory') > 0);
  watching[Symbol.dispose]();
  const before = counters.snapshot();
  const held = setTimeout(() => {}, 10_000);
  const later = performance.now() + 1300;
  await until('the next look to be due', () => performance.now() > later);
  clearTimeout(held);
  assert.deepEqual(counters.snapshot(), before);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neverAborted } from '../../src/base/abort.ts';
import { Semaphore } from '../../src/base/semaphore.ts';

const never = neverAborted();

test('a semaphore admits as many as it has permits, and the others in order', async () => {
  const semaphore = new Semaphore(2);
  const order: string[] = [];
  const first = await semaphore.acquire(never);
  await semaphore.acquire(never);
  const third = semaphore.acquire(never).finally(() => order.push('third'));
  const fourth = semaphore.acquire(never).finally(() => order.push('fourth'));
  await new Promise(setImmediate);
  assert.deepEqual(order, []);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await fourth;
  assert.deepEqual(order, ['third', 'fourth']);
});

test('a waiter that gives up leaves the queue', async () => {
  const semaphore = new Semaphore(1);
  const held = await semaphore.acquire(never);
  const stop = new AbortController();
  const second = semaphore.acquire(stop.signal);
  const third = semaphore.acquire(never);
  stop.abort();
  await assert.rejects(second, { name: 'AbortError' });
  held[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  (await semaphore.acquire(never))[Symbol.dispose]();
  await assert.rejects(semaphore.acquire(AbortSignal.abort()), { name: 'AbortError' });
});

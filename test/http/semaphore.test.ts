import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from '../../src/http/semaphore.ts';

const never = new AbortController().signal;

test('no more than there are places, the rest in order', async () => {
  const turns = new Semaphore(2);
  const order: string[] = [];
  const first = await turns.take(never);
  await turns.take(never);
  const third = turns.take(never).finally(() => order.push('third'));
  const fourth = turns.take(never).finally(() => order.push('fourth'));
  await new Promise(setImmediate);
  assert.deepEqual(order, []);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await fourth;
  assert.deepEqual(order, ['third', 'fourth']);
});

test('who gives up leaves the queue', async () => {
  const turns = new Semaphore(1);
  const held = await turns.take(never);
  const stop = new AbortController();
  const second = turns.take(stop.signal);
  const third = turns.take(never);
  stop.abort();
  await assert.rejects(second, { name: 'AbortError' });
  held[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  (await turns.take(never))[Symbol.dispose]();
  await assert.rejects(turns.take(AbortSignal.abort()), { name: 'AbortError' });
});

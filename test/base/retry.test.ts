import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, retry } from '../../src/base/retry.ts';

const never = new AbortController().signal;

test('retry repeats the work until it succeeds', async () => {
  let tries = 0;
  const seen: unknown[] = [];
  const work = async () => {
    if (++tries < 3) throw new Error(`try ${tries}`);
    return 'done';
  };
  const onFailure = (error: unknown) => seen.push((error as Error).message);
  assert.equal(await retry(work, { signal: never, firstMs: 1, onFailure }), 'done');
  assert.deepEqual(seen, ['try 1', 'try 2']);
});

test('retry gives up after the last attempt, with its error', async () => {
  let tries = 0;
  const work = async () => {
    throw new Error(`try ${++tries}`);
  };
  await assert.rejects(retry(work, { signal: never, firstMs: 1, attempts: 3 }), /try 3/);
});

test('retry ends at once on an error that is not worth repeating', async () => {
  let tries = 0;
  const work = async () => {
    tries++;
    throw new RangeError('no');
  };
  await assert.rejects(
    retry(work, { signal: never, worthwhile: (error) => !(error instanceof RangeError) }),
    RangeError,
  );
  assert.equal(tries, 1);
});

test('a signal ends the wait of retry', async () => {
  const stop = new AbortController();
  const work = async () => {
    throw new Error('refused');
  };
  const onFailure = () => stop.abort();
  await assert.rejects(retry(work, { signal: stop.signal, firstMs: 60_000, onFailure }), { name: 'AbortError' });
});

test('retry does not start with an aborted signal', async () => {
  await assert.rejects(
    retry(() => assert.fail('it ran'), { signal: AbortSignal.abort() }),
    { name: 'AbortError' },
  );
});

test('waits double up to the maximum, and are chosen from their upper half', () => {
  const low = (failures: number) => backoff(failures, 100, 1000, () => 0);
  const high = (failures: number) => backoff(failures, 100, 1000, () => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 500].map(low), [50, 100, 200, 400, 500, 500]);
  assert.deepEqual([1, 2, 3, 4, 5, 500].map(high), [100, 200, 400, 800, 1000, 1000]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket, TokenBuckets } from '../../../src/listen/shared/token-buckets.ts';
import { until } from '../../support/until.ts';

test('a token bucket allows its burst, then its rate, and waits until a debt is paid', () => {
  const bucket = new TokenBucket({ per_second: 10, burst: 5 }, 0);
  for (let index = 0; index < 5; index++) assert.equal(bucket.tryTake(0), true);
  assert.equal(bucket.tryTake(0), false);
  assert.equal(bucket.tryTake(99), false);
  assert.equal(bucket.tryTake(101), true);
  assert.equal(bucket.isEmpty(101), false);
  bucket.take(20, 101);
  assert.equal(bucket.isEmpty(2000), true);
  assert.equal(bucket.isEmpty(2101), false);
  for (let index = 0; index < 5; index++) assert.equal(bucket.tryTake(1e9), true);
  assert.equal(bucket.tryTake(1e9), false, 'no more tokens than the burst are saved');
});

test('waiters of a token bucket are woken one after the other, unless they cancelled', async () => {
  const bucket = new TokenBucket({ per_second: 1000, burst: 1 });
  const woken: string[] = [];
  bucket.take(21);
  const [one, two, three] = ['one', 'two', 'three'].map((name) => () => void woken.push(name));
  for (const wake of [one!, two!, three!, one!]) bucket.wait(wake);
  bucket.cancel(two!);
  await until('two of them', () => woken.length === 2);
  assert.deepEqual(woken, ['one', 'three']);
});

test('the number of buckets is bounded, and those in use are kept', () => {
  const buckets = new TokenBuckets({ per_second: 1, burst: 1 }, 100);
  const mine = buckets.of('mine');
  for (let index = 0; index < 10_000; index++) {
    buckets.of(`10.0.${index >> 8}.${index & 255}`);
    if (index % 10 === 0) assert.equal(buckets.of('mine'), mine);
    assert.ok(buckets.size <= 101);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND } from '../../src/base/units.ts';
import { Lease, LEASE_MS } from '../../src/cluster/lease.ts';
import { memoryState } from '../../src/store/memory/state.ts';

/** Two processes with one store, and a clock that the test sets. */
function world() {
  const it = { now: 0, requests: 0 };
  const state = memoryState(() => it.now);
  const counted: typeof state = {
    ...state,
    lease: (...given) => {
      it.requests++;
      return state.lease(...given);
    },
  };
  const open = (holder: string) => new Lease(counted, holder, () => it.now);
  return Object.assign(it, { first: open('first'), second: open('second') });
}

test('one of two processes has the lease until it expires', async () => {
  const it = world();
  assert.deepEqual([await it.first.holds(), await it.second.holds()], [true, false]);
  it.now += LEASE_MS + 1;
  assert.deepEqual([await it.second.holds(), await it.first.holds()], [true, false]);
});

test('a lease is renewed only when it is due', async () => {
  const it = world();
  for (let step = 0; step < 60; step++) {
    assert.ok(await it.first.holds());
    it.now += SECOND;
  }
  assert.equal(it.requests, 12);
  assert.equal(it.first.term, 1);
});

test('a lease that was lost and taken again begins a new term', async () => {
  const it = world();
  await it.first.holds();
  it.now += LEASE_MS + 1;
  await it.second.holds();
  assert.equal(await it.first.holds(), false);
  it.now += LEASE_MS + 1;
  assert.ok(await it.first.holds());
  assert.equal(it.first.term, 2);
});

test('a released lease is free at once', async () => {
  const it = world();
  await it.first.holds();
  await it.first.release();
  assert.ok(await it.second.holds());
});

test('releasing a lease of another process changes nothing', async () => {
  const it = world();
  await it.first.holds();
  assert.equal(await it.second.holds(), false);
  await it.second.release();
  assert.equal(await it.second.holds(), false);
});

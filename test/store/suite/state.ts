import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_CELLS } from '../../../src/alert/evaluate/buckets.ts';
import { EPOCH } from '../../support/batches.ts';

import { at, MINUTE, type Open, withStore } from './tools.ts';

/** The key-value part of a store. */
export function state(open: Open): void {
  test('state: values are written by compare-and-set', () =>
    withStore(open, async ({ writer, reader }) => {
      const rules = writer.state('rules');
      assert.equal(await rules.get('a'), undefined);
      const value = { text: 'é\0"', list: [1, null, true], deep: { x: 1.5 } };
      assert.equal(await rules.put('a', value, 0), true);
      assert.equal(await rules.put('a', 'again', 0), false);
      const first = await rules.get('a');
      assert.deepEqual(first?.value, value);
      assert.equal(first?.key, 'a');
      assert.equal(await rules.put('a', 'next', first!.revision), true);
      assert.equal(await rules.put('a', 'late', first!.revision), false);
      assert.equal((await rules.get('a'))?.value, 'next');
      assert.deepEqual(await reader.state('rules').get('a'), await rules.get('a'));
      assert.equal(await writer.state('other').get('a'), undefined);
      assert.equal(await rules.put('a', undefined, first!.revision), false);
      assert.equal(await rules.put('a', undefined, (await rules.get('a'))!.revision), true);
      assert.equal(await rules.get('a'), undefined);
      assert.equal(await rules.put('a', undefined, 7), false);
      assert.equal(await rules.put('a', 0, 0), true);
    }));

  test('state: a value has room for all counts that a rule keeps', () =>
    withStore(open, async ({ writer }) => {
      const keys = 10_000;
      const cells = Array.from({ length: MAX_CELLS }, (_, n) => [
        EPOCH + Math.floor(n / keys) * MINUTE,
        n % keys,
        1 + (Math.imul(n, 48_271) & 1023),
      ]);
      const rules = writer.state('rules');
      assert.equal(await rules.put('large', cells, 0), true);
      const entry = await rules.get('large');
      assert.deepEqual(entry?.value, cells);
      assert.equal(await rules.put('large', 'small', entry!.revision), true);
      assert.deepEqual(
        (await rules.scan('')).map(({ value }) => value),
        ['small'],
      );
    }));

  test('state: exactly one of many simultaneous writers succeeds in each round', () =>
    withStore(open, async ({ writer }) => {
      const counters = writer.state('counters');
      const add = async (): Promise<void> => {
        for (;;) {
          const entry = await counters.get('n');
          if (await counters.put('n', ((entry?.value as number) ?? 0) + 1, entry?.revision ?? 0)) return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, add));
      assert.equal((await counters.get('n'))?.value, 20);
    }));

  test('state: scan returns the entries of a prefix in order of keys', () =>
    withStore(open, async ({ writer }) => {
      const hosts = writer.state('hosts');
      for (const key of ['b', 'a%1', 'a_2', 'A', 'a', 'aé', 'a\uffff']) await hosts.put(key, key, 0);
      const keys = async (prefix: string): Promise<string[]> => (await hosts.scan(prefix)).map(({ key }) => key);
      assert.deepEqual(await keys('a'), ['a', 'a%1', 'a_2', 'aé', 'a\uffff']);
      assert.deepEqual(await keys('a%'), ['a%1']);
      assert.deepEqual(await keys('a_'), ['a_2']);
      assert.deepEqual(await keys(''), ['A', 'a', 'a%1', 'a_2', 'aé', 'a\uffff', 'b']);
      assert.deepEqual(await keys('c'), []);
    }));

  test('state: makeSafe writes entries together with the position, at any revision', () =>
    withStore(open, async ({ writer, reader }) => {
      const cells = writer.state('cells');
      await cells.put('old', 1, 0);
      const entry = (key: string, value: unknown) => ({ namespace: 'cells', key, value });
      await writer.makeSafe(at(1, 5), [entry('old', 2), entry('new', { n: 1 })]);
      assert.deepEqual(await writer.safe(1), at(1, 5));
      assert.equal((await reader.state('cells').get('old'))?.value, 2);
      assert.deepEqual((await cells.get('new'))?.value, { n: 1 });
      await writer.makeSafe(at(1, 6), [entry('old', undefined), entry('new', { n: 2 }), entry('absent', undefined)]);
      const left = await reader.state('cells').scan('');
      assert.deepEqual(
        left.map(({ key, value }) => [key, value]),
        [['new', { n: 2 }]],
      );
      assert.equal(await cells.put('new', 3, left[0]!.revision), true);
    }));

  test('state: a lease has one holder until it expires', () => {
    let now = EPOCH;
    return withStore(
      open,
      async ({ writer }) => {
        const leases = writer.state('leases');
        assert.equal(await leases.lease('mail', 'one', 1000), true);
        assert.equal(await leases.lease('mail', 'two', 1000), false);
        assert.equal(await leases.lease('other', 'two', 1000), true);
        now += 900;
        assert.equal(await leases.lease('mail', 'one', 1000), true);
        now += 900;
        assert.equal(await leases.lease('mail', 'two', 1000), false);
        now += 700;
        assert.equal(await leases.lease('mail', 'two', 1000), true);
        assert.equal(await leases.lease('mail', 'one', 1000), false);
        // The clock was set back: a lease must not last until the old time comes again.
        now -= 7_200_000;
        assert.equal(await leases.lease('mail', 'one', 1000), true);
        assert.equal(await leases.lease('mail', 'two', 1000), false);
      },
      { now: () => now, streams: [] },
    );
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type RetentionUnit, type Sizes } from '../../../src/store/retention/retention.ts';

const STREAMS = [{ name: 'default' }];

/** Parts of 10 bytes, oldest first; the last one is the newest of its stream. */
function parts(count: number): RetentionUnit[] {
  return Array.from({ length: count }, (_, index) => ({
    stream: 'default',
    end: index,
    bytes: 10,
    removable: index === count - 1 ? ('past' as const) : ('always' as const),
    pinned: () => false,
  }));
}

function removed(count: number, maxDisk: number, before?: Sizes): { ends: number[]; goesOn: boolean | undefined } {
  const { remove, exceeded } = judge(parts(count), { streams: STREAMS, maxDisk }, 0, before);
  return { ends: remove.map(({ unit }) => unit.end), goesOn: exceeded[0]?.goesOn };
}

test('a somewhat lower limit deletes the oldest parts at once', () => {
  assert.deepEqual(removed(10, 75), { ends: [0, 1, 2], goesOn: undefined });
});

test('a limit of less than half deletes one part, and goes on', () => {
  assert.deepEqual(removed(10, 25), { ends: [0], goesOn: true });
  assert.deepEqual(removed(10, 25, new Map([['default', 100]])), { ends: [0], goesOn: true });
});

test('however low the limit is, as much as arrived is deleted: a flood does not fill the disk', () => {
  assert.deepEqual(removed(10, 25, new Map([['default', 70]])), { ends: [0, 1, 2], goesOn: true });
  assert.deepEqual(removed(10, 25, new Map()).ends, [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('the newest part stays, however low the limit is', () => {
  assert.deepEqual(removed(2, 1, new Map()), { ends: [0], goesOn: false });
  assert.deepEqual(removed(1, 1, new Map()), { ends: [], goesOn: false });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEFAULT_VIEW, readAddress, type View, writeAddress } from '../../src/page/state/address.ts';
import fc from '../support/fc.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const KNOWN = ['q', 'from', 'to', 'tz', 'cols', 'wrap', 'order', 'live', 'sel', 'around'];

const VIEW: fc.Arbitrary<View> = fc.record(
  {
    query: text,
    from: text,
    to: text,
    zone: text,
    columns: fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 6 }),
    wraps: fc.boolean(),
    order: fc.constantFrom('oldest', 'newest'),
    isLive: fc.boolean(),
    selected: text,
    around: text,
    unknown: fc.array(
      fc.tuple(
        text.filter((name) => !KNOWN.includes(name)),
        text,
      ),
      { maxLength: 3 },
    ),
  },
  { noNullPrototype: true },
);

suite('the address of a search', () => {
  test('what is seen survives the way into the address and back', () => {
    fc.assert(fc.property(VIEW, (view) => assert.deepEqual(readAddress(`?${writeAddress(view)}`), view)));
  });

  test('what is as usual is left out', () => {
    assert.equal(writeAddress(DEFAULT_VIEW), '');
    assert.deepEqual(readAddress(''), DEFAULT_VIEW);
  });

  test('parameters that it does not know are kept', () => {
    assert.equal(writeAddress({ ...readAddress('?later=1&q=a'), query: 'b' }), 'q=b&later=1');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from '../../../src/base/text/nearest.ts';

const KEYS = ['address', 'keep', 'kind', 'listen', 'max_frame', 'max_connections', 'zone', 'zones'];
const ok = (typed: string, want: string | undefined) =>
  test(`${typed} means ${want}`, () => assert.equal(nearest(typed, KEYS), want));

ok('listen', 'listen');
ok('lsiten', 'listen');
ok('Listen', 'listen');
ok('adress', 'address');
ok('max_fram', 'max_frame');
ok('max_farme', 'max_frame');
ok('maxframe', 'max_frame');
ok('kep', 'keep');
ok('zoen', 'zone');
ok('zone', 'zone');
ok('retention', undefined);
ok('', undefined);
ok('xyz', undefined);

test('the first of equally near words is chosen', () =>
  assert.equal(nearest('zon', ['zone', 'zoned', 'zont']), 'zone'));

test('a hint is a clause, or an empty text', () => {
  assert.equal(didYouMean('adress', KEYS), '; did you mean "address"?');
  assert.equal(didYouMean('retention', KEYS), '');
});

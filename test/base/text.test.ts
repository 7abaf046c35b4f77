import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, formatCount } from '../../src/base/text.ts';

test('a count has thousands separators', () => {
  assert.equal(formatCount(1234567), '1,234,567');
  assert.equal(formatCount(0), '0');
});

test('the noun is singular for one and plural for any other number', () => {
  assert.equal(countOf(1, 'line'), '1 line');
  assert.equal(countOf(0, 'line'), '0 lines');
  assert.equal(countOf(1200, 'match', 'matches'), '1,200 matches');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { ByteFinder } from '../../src/base/text/byte-finder.ts';

const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 4;

test('law: every occurrence is found in any case, and nothing else', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'B', '1', '@', '`', '[', '{', '\n'), maxLength: 80 });
  const needle = fc.string({ unit: fc.constantFrom('a', 'b', '1', '@', '`', '['), minLength: 1, maxLength: 40 });
  const cut = fc.tuple(text, fc.nat(60), fc.integer({ min: 1, max: 40 })).map(([whole, from, length]) => {
    const part = whole.slice(from, from + length).toLowerCase();
    return { whole, part: part === '' ? 'a' : part };
  });
  const any = fc.record({ whole: text, part: needle });
  fc.assert(
    fc.property(fc.oneof(cut, any), ({ whole, part }) => {
      const finder = new ByteFinder(part);
      const bytes = Buffer.from(whole);
      const folded = whole.toLowerCase();
      for (let from = 0, want = folded.indexOf(part); ; from = want + 1, want = folded.indexOf(part, from)) {
        assert.equal(finder.find(bytes, from), want);
        if (want < 0) break;
      }
    }),
    { numRuns: RUNS },
  );
});

test('a needle that is longer than its known grams is found', () => {
  const part = 'abcdefghij'.repeat(12);
  for (let before = 0; before < 30; before++) {
    const bytes = Buffer.from(`${'x'.repeat(before)}${part.toUpperCase()}yz`);
    assert.equal(new ByteFinder(part).find(bytes, 0), before);
    assert.equal(new ByteFinder(part).find(bytes, before + 1), -1);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteFinder } from '../../src/base/text/byte-finder.ts';
import { globMatcher } from '../../src/model/glob.ts';
import { textTest } from '../../src/model/matches.ts';
import fc from '../support/fc.ts';

/** Texts of few different characters, in which a needle almost occurs at every place. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '😀'), maxLength: 60 });
const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '😀'), maxLength: 60 });

test('globs match as regular expressions of the same meaning do', () => {
  fc.assert(
    fc.property(glob, text, (pattern, searched) => {
      const source = pattern.replace(/\*/g, '.*').replace(/\?/g, '.');
      assert.equal(globMatcher(pattern)(searched), new RegExp(`^${source}$`, 'su').test(searched));
    }),
    { numRuns: 5000 },
  );
});

test('long phrases and substrings are found as short ones are', () => {
  const long = fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 32, maxLength: 40 });
  fc.assert(
    fc.property(long, text, text, (needle, before, after) => {
      const searched = `${before}${needle.toUpperCase()}${after}`;
      assert.ok(textTest({ kind: 'substring', field: 'message', text: needle })(searched));
      const bounded = new RegExp(`(?<![ab])${needle}(?![ab])`, 'iu');
      const open = new RegExp(needle, 'iu');
      const start = /^[ab]/.test(needle) ? bounded : open;
      const phrase = /^[ab].*[ab]$/.test(needle) ? start : undefined;
      if (phrase)
        assert.equal(textTest({ kind: 'phrase', field: 'message', text: needle })(searched), phrase.test(searched));
    }),
    { numRuns: 3000 },
  );
});

test('no text makes the search for a text slow', () => {
  // Each of these took text times needle steps: hours for all of them.
  const searched = 'a'.repeat(4 << 20);
  const needle = 'a'.repeat(999);
  const bytes = Buffer.from(searched);
  assert.equal(new ByteFinder(`${needle}b`).find(bytes, 0), -1);
  assert.equal(new ByteFinder(`b${needle}`).find(bytes, 0), -1);
  const found = (kind: 'substring' | 'phrase', what: string): boolean =>
    textTest({ kind, field: 'message', text: what })(searched);
  assert.ok(!found('substring', `${needle}b`));
  assert.ok(!found('phrase', needle));
  assert.ok(!found('phrase', `${needle} b`));
  for (const pattern of [
    `*${needle}b`,
    `*${needle}b*`,
    `*a?${needle}b*`,
    `${'*a'.repeat(400)}b`,
    `${'*?a'.repeat(300)}b*`,
  ])
    assert.ok(!globMatcher(pattern)(searched), pattern.slice(0, 10));
  assert.ok(globMatcher(`*${needle}*`)(searched));
});

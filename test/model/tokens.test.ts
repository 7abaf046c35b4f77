import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { fold, innerTokensOf, isTokenAt, phraseTokensOf, TOKEN_BYTES, tokensOf } from '../../src/model/tokens.ts';

const POINTS = Array.from({ length: 0x110000 }, (_, point) => point)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));

test('tokens are runs of letters, marks, digits and _', () => {
  const ok = (text: string, ...want: string[]): void => assert.deepEqual(tokensOf(text), want, text);
  ok('');
  ok('Failed password for root from 10.0.0.1 port 22', ...'failed password for root from 10 0 0 1 port 22'.split(' '));
  ok('foo_bar-baz=Qux', 'foo_bar', 'baz', 'qux');
  ok('a\0b\ufffdc\ud800d', 'a', 'b', 'c', 'd');
  ok('e\u0301té été', 'e\u0301té', 'été');
  ok('नमस्ते दुनिया', 'नमस्ते', 'दुनिया');
  ok('٣٤ x²', '٣٤', 'x');
  ok('İstanbul ısı ΣΟΦΟΣ', 'İstanbul', 'ısı', 'σοφοσ');
});

test('folding agrees with the flags iu of RegExp', () => {
  const cased = POINTS.filter((point) => point.toLowerCase() !== point || point.toUpperCase() !== point);
  const classes = new Map<string, string>();
  for (const point of cased) classes.set(fold(point), (classes.get(fold(point)) ?? '') + point);
  const all = cased.join('');
  for (const [folded, members] of classes) {
    assert.equal((all.match(new RegExp(folded, 'giu')) ?? []).join(''), members, folded);
  }
});

test('law: folding twice changes nothing, and folding keeps code points and tokens', () => {
  for (const point of POINTS) {
    const folded = fold(point);
    if (folded === point) continue;
    assert.equal([...folded].length, 1, point);
    assert.equal(fold(folded), folded, point);
    assert.equal(isTokenAt(folded, 0), isTokenAt(point, 0), point);
  }
});

test('law: a text folds as its code points do', () => {
  const law = fc.property(fc.string({ unit: fc.constantFrom(...'aBİıſßẞΣσςKÅé\u0345\u0307 ') }), (text) => {
    assert.equal(fold(text), [...text].map(fold).join(''));
  });
  fc.assert(law, { numRuns: 2000 });
});

test('the table of bytes agrees for ASCII', () => {
  for (let byte = 0; byte < 128; byte++) {
    const character = String.fromCharCode(byte);
    assert.equal(TOKEN_BYTES[byte], tokensOf(character)[0]?.charCodeAt(0) ?? 0, JSON.stringify(character));
  }
  for (let byte = 128; byte < 256; byte++) assert.equal(TOKEN_BYTES[byte], 255);
});

test('a part of a text implies its inner tokens', () => {
  assert.deepEqual(innerTokensOf('foo bar baz'), ['bar']);
  assert.deepEqual(innerTokensOf(' foo bar '), ['foo', 'bar']);
  assert.deepEqual(innerTokensOf('foo'), []);
  assert.deepEqual(phraseTokensOf('10.0.0.1'), ['10', '0', '0', '1']);
  assert.deepEqual(phraseTokensOf('foo-ba', 'end'), ['foo']);
  assert.deepEqual(phraseTokensOf('oo-bar', 'start'), ['bar']);
  assert.equal(isTokenAt('😀é𝒜', 0), false);
  assert.equal(isTokenAt('😀é𝒜', 2), true);
  assert.equal(isTokenAt('😀é𝒜', 4), true);
  assert.equal(isTokenAt('a', 1), false);
  assert.equal(isTokenAt('a', -1), false);
});

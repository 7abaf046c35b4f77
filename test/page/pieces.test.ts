import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isUnsafe } from '../../src/base/text/unsafe-text.ts';
import { markerOf, pieces, plain, writtenOut } from '../../src/page/text/pieces.ts';
import { HOSTILE } from '../alert/hostile.ts';
import fc from '../support/fc.ts';

const ANY = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\x1b[31m', '\x1b', '\u202e', '\u0301', 'a', '\n', '\x9b', '\ud800') }),
);

suite('pieces of a text', () => {
  test('no piece of any text has a character that acts', () => {
    fc.assert(
      fc.property(ANY, (text) => {
        assert.ok(!isUnsafe(plain(text).replaceAll(/\t|(?<=[^ -~])[\u200c\u200d](?=[^ -~])/gu, '')));
      }),
    );
  });

  test('a text without colours and stacked marks is all there, characters that act written out', () => {
    fc.assert(
      fc.property(ANY, (text) => {
        fc.pre(!/\x1b\[[0-9;]*m|\p{M}{9}/u.test(text));
        let rest = text;
        for (const { text: shown, isEscape } of pieces(text)) {
          const [first = ''] = rest;
          if (isEscape) assert.equal(writtenOut(first), shown);
          else assert.ok(rest.startsWith(shown));
          rest = rest.slice(isEscape ? first.length : shown.length);
        }
        assert.equal(rest, '');
      }),
    );
  });

  test('marks find words in any case and change no text', () => {
    const parts = pieces('Disk full: DISK', markerOf(['disk']));
    assert.deepEqual(
      parts.map(({ text, isMatch }) => [text, isMatch]),
      [
        ['Disk', true],
        [' full: ', undefined],
        ['DISK', true],
      ],
    );
  });

  test('what a query looks for is never read as a pattern', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (word, text) => void pieces(text, markerOf([word]))));
  });

  test('colours become classes, other sequences are shown', () => {
    assert.deepEqual(pieces('\x1b[1;31mred\x1b[0m \x1b[2J'), [
      { text: 'red', colour: 'ansi-bold ansi-1' },
      { text: ' ' },
      { text: '\\x1b', isEscape: true },
      { text: '[2J' },
    ]);
    assert.equal(pieces('\x1b[38;5;196mx')[0]?.colour, 'ansi-9');
    assert.equal(pieces('\x1b[31m\x1b[32mx')[0]?.colour, 'ansi-2');
  });

  test('a joiner is kept inside a picture or a letter, and shown where it hides', () => {
    assert.deepEqual(pieces('👩‍🚒'), [{ text: '👩‍🚒' }]);
    assert.equal(plain('pass\u200dword'), 'pass\\u200dword');
  });

  test('stacked marks are cut and counted', () => {
    assert.deepEqual(
      pieces(`a${'\u0301'.repeat(20)}b`).map(({ text }) => text.length),
      [1, 8, 9, 1],
    );
  });

  test('a mebibyte of anything is cut into pieces, too', () => {
    for (const unit of ['\u202e', '\u0301', '\x1b[31m', 'a', 'é '])
      assert.doesNotThrow(() => pieces(unit.repeat(2 ** 20 / 4), markerOf(['a', 'b'])), JSON.stringify(unit));
  });

  test('hostile texts stay texts', () => {
    for (const text of Object.values(HOSTILE)) assert.ok(!isUnsafe(plain(text).replaceAll(/[\t\u200d]/g, '')));
  });
});

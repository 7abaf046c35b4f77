import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../../../src/alert/wording/plain.ts';
import { escaped, unsafeTextWriter } from '../../../src/base/text/unsafe-text.ts';
import { visible, visibleJson } from '../../../src/cli/io/escape.ts';

/** Whether a code point is a control, a line separator, or an invisible mark; taken from Unicode, not from our table. */
function isUnsafe(code: number): boolean {
  const character = String.fromCodePoint(code);
  if (character === '\t' || character === '\n') return false;
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(character)) return true;
  return /[\u200b-\u200d\u2060-\u2065\ufeff\ufff9-\ufffb]/.test(character);
}

const codePoints = function* () {
  for (let code = 0; code <= 0x10ffff; code++) if (code < 0xd800 || code > 0xdfff) yield code;
};

test('every unsafe code point is escaped, and every other one is kept, wherever text is shown', () => {
  const strip = unsafeTextWriter({ lineFeed: 'kept', write: () => '' });
  const wrong: string[] = [];
  for (const code of codePoints()) {
    const character = String.fromCodePoint(code);
    const unsafe = isUnsafe(code);
    const lineFeed = character === '\n';
    const json = JSON.stringify(character);
    const shown = visible(character) + plain(character) + visibleJson(json);
    const asExpected =
      strip(character) === (unsafe ? '' : character) &&
      (visible(character) !== character) === (unsafe || lineFeed) &&
      (plain(character) !== character) === (unsafe || lineFeed || character === '\t') &&
      JSON.parse(visibleJson(json)) === character &&
      shown === strip(shown);
    if (!asExpected) wrong.push(code.toString(16));
  }
  assert.deepEqual(wrong, []);
});

test('a line feed is unsafe or kept, as the caller wants it', () => {
  const write = escaped;
  assert.equal(unsafeTextWriter({ lineFeed: 'unsafe', write })('a\nb\x1bc'), 'a\\u000ab\\u001bc');
  assert.equal(unsafeTextWriter({ lineFeed: 'kept', write })('a\nb\x1bc'), 'a\nb\\u001bc');
});

test('the terminal, JSON and mail each write an unsafe character in their own way', () => {
  const text = 'a\r\n\t\x1b\u200b';
  assert.equal(visible(text), 'a\\r\\n\t\\x1b\\u200b');
  assert.equal(visibleJson(text), 'a\\u000d\\u000a\t\\u001b\\u200b');
  assert.equal(plain(text), 'a\\n \\u001b\\u200b');
});

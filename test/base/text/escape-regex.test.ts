import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import { escapeRegex } from '../../../src/base/text/escape-regex.ts';
import { TEXTS } from '../escaped-texts.ts';

test('an escaped text matches itself and no other text, in RE2 and in JavaScript', () => {
  for (const text of TEXTS) {
    const source = `^(?:${escapeRegex(text)})$`;
    const [re2, js] = [RE2JS.compile(source), new RegExp(source, 'u')];
    assert.deepEqual(
      TEXTS.filter((each) => re2.matcher(each).find()),
      [text],
      `RE2: ${JSON.stringify(source)}`,
    );
    assert.deepEqual(
      TEXTS.filter((each) => js.test(each)),
      [text],
      `JavaScript: ${JSON.stringify(source)}`,
    );
  }
});

test('texts without special characters are not changed', () => {
  for (const text of ['', 'sshd', '10/8 - "x" #1 & ~', 'é\u2028']) assert.equal(escapeRegex(text), text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { formatStructuredData, parseStructuredData } from '../../src/model/structured-data.ts';
import { ParseState } from '../../src/parse/parse-state.ts';
import { structuredDataEnd } from '../../src/parse/structured.ts';

const reading = new ParseState(() => 'UTC');

/** How many bytes of `text` the scanner reads as structured data; -1 if it is malformed. */
function scanned(bytes: Uint8Array): number {
  reading.bytes = Buffer.concat([bytes, Buffer.from('"] ')]);
  reading.end = bytes.length;
  return structuredDataEnd(reading, 0);
}

const pieces = fc.constantFrom(
  '[',
  ']',
  '"',
  '=',
  ' ',
  '\\',
  '\\"',
  '\\]',
  '\\\\',
  'a',
  'id@1',
  'ü',
  '\xa0',
  '\u2028',
  '\t',
  '\x7f',
  '\n',
  '="v"',
  ' n="v"',
  '[x n="v"]',
);
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => `[${parts.join('')}`),
  fc.array(pieces, { maxLength: 6 }).map((parts) => `[x@1 n="${parts.join('')}"]`),
);

test('law: the scanner of bytes and the parser of texts accept the same grammar', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = Buffer.from(text);
      const end = scanned(bytes);
      const elements = parseStructuredData(text);
      if (end < 0) {
        // What the parser read before an error is structured data by itself, and as long as possible.
        const whole = elements.length === 0 ? 0 : scanned(Buffer.from(formatStructuredData(elements)));
        assert.ok(whole >= 0);
        return;
      }
      assert.ok(elements.length > 0, text);
      const alone = bytes.subarray(0, end).toString();
      assert.deepEqual(parseStructuredData(alone), elements, 'what follows does not matter');
      assert.equal(parseStructuredData(`${alone}[end]`).length, elements.length + 1, 'all of it was read');
    }),
    { numRuns: 20_000 },
  );
});

test('law: the scanner finds the end of written elements', () => {
  const ok = (text: string, want: number) => assert.equal(scanned(Buffer.from(text)), want, text);
  ok('[a]', 3);
  ok('[a][b c="d"] text', 12);
  ok('[a b="c" ] text', 10);
  ok('[a  b="c"] text', 10);
  ok('[a b="\\]"] text', 10);
  ok('[a b="]"] text', -1);
  ok('[a b="c"', -1);
  ok('[a b="c', -1);
  ok('[a b="c\\', -1);
  ok('[a b=c]', -1);
  ok('[a="b"]', -1);
  ok('[]', -1);
  ok('[ a]', -1);
  ok('[', -1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pattern } from '../../../src/model/pattern.ts';
import { TOKEN_BYTES } from '../../../src/model/tokens.ts';
import { scanNeedle, textMemory } from '../../../src/store/blocks/format/text-memory.ts';
import { matchLines } from '../../../src/store/blocks/read/line-pattern.ts';
import fc from '../../support/fc.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 20);

/** Lines of few different characters, so that needles are found, cut and nearly found. */
const line = fc.oneof(
  { arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '.', '1', '_'), maxLength: 60 }), weight: 4 },
  { arbitrary: fc.string({ unit: fc.constantFrom('a', 'ä', '{', '[', '\r', ' '), maxLength: 20 }), weight: 1 },
);
const lines = fc.array(line, { minLength: 1, maxLength: 40 });
const needle = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.', '1', '_', '['), minLength: 1, maxLength: 6 });

/** The lines as a block's text in the memory. */
function inMemory(texts: readonly string[]): Buffer {
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
  const room = textMemory().lend(bytes.length)!;
  bytes.copy(room);
  return room.subarray(0, bytes.length);
}

function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** What `text-scan.as.ts` computes, in the plainest way. */
function contains(text: string, wanted: string, whole: number): boolean {
  const bytes = Buffer.from(fold(text));
  const isToken = (at: number): boolean => at >= 0 && at < bytes.length && TOKEN_BYTES[bytes[at]!]! > 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    const isCut = ((whole & 1) > 0 && isToken(at - 1)) || ((whole & 2) > 0 && isToken(at + wanted.length));
    if (!isCut) return true;
  }
  return false;
}

test('needles are found, counted and marked in lines as a plain search finds them', () => {
  const ends = fc.nat(3);
  fc.assert(
    fc.property(lines, needle, ends, (texts, wanted, asked) => {
      const isToken = (at: number): boolean => TOKEN_BYTES[wanted.charCodeAt(at)]! > 0;
      // A search asks for whole ends only where the needle has token characters.
      const whole = (isToken(0) ? asked & 1 : 0) | (isToken(wanted.length - 1) ? asked & 2 : 0);
      const bytes = inMemory(texts);
      const sought = scanNeedle(wanted)!;
      const marks = texts.map((text) => (contains(text, wanted, whole) ? 1 : 0));
      const count = marks.filter((mark) => mark === 1).length;
      assert.equal(
        textMemory().find(bytes, sought, 0, bytes.length),
        Buffer.from(fold(bytes.toString())).indexOf(wanted),
      );
      assert.equal(textMemory().count(bytes, sought, whole), count);
      const marked = textMemory().mark(bytes, sought, whole, texts.length);
      assert.deepEqual([marked.count, ...marked.marks], [count, ...marks]);
    }),
    { numRuns: RUNS },
  );
});

test('lines, and those beyond ASCII, are located as a plain split locates them', () => {
  fc.assert(
    fc.property(lines, fc.nat(2), (texts, more) => {
      const bytes = inMemory(texts);
      const located = textMemory().lines(bytes, texts.length + more);
      if (more > 0) assert.equal(located, undefined);
      else {
        const found = Array.from(located!.starts, (start, at) =>
          bytes.toString('utf8', start, start + located!.lengths[at]!),
        );
        assert.deepEqual(found, texts);
      }
      assert.equal(textMemory().lines(bytes, texts.length - 1), undefined);
      const wide = texts.map((text) => (/[^\0-\x7f]/.test(text) ? 1 : 0));
      assert.deepEqual([...textMemory().wideLines(bytes, texts.length)], wide);
    }),
    { numRuns: RUNS / 2 },
  );
});

test('a pattern matches the same lines side by side as one by one', () => {
  const source = fc.constantFrom(
    'a',
    '^a',
    'a$',
    'a b',
    '[^a]',
    '[^b]{3}',
    '\\ba',
    'a?',
    '(a|b)1',
    '\\s',
    '^$',
    '\\W_',
    'b.a',
  );
  const longer = fc
    .tuple(lines, fc.constantFrom(1, 600))
    .map(([texts, times]) => texts.map((text) => text.repeat(times)));
  fc.assert(
    fc.property(
      fc.oneof({ arbitrary: lines, weight: 9 }, { arbitrary: longer, weight: 1 }),
      source,
      fc.boolean(),
      (texts, of, ignoreCase) => {
        const ascii = texts.map((text) => text.replaceAll('ä', 'a'));
        const bytes = inMemory(ascii);
        const pattern = new Pattern(of, { ignoreCase });
        if (!pattern.lines) return;
        const found: number[] = [];
        const located = { bytes, ...textMemory().lines(bytes, ascii.length)!, wide: undefined };
        matchLines(located, pattern.lines, { test: (text) => pattern.test(text), onMatch: (at) => found.push(at) });
        assert.deepEqual(
          found,
          [...ascii.keys()].filter((at) => pattern.test(ascii[at]!)),
        );
      },
    ),
    { numRuns: RUNS / 2 },
  );
});

test('a search gives up on bytes that look like a long needle everywhere, instead of taking forever', () => {
  const bytes = inMemory(['ab'.repeat(100_000)]);
  const sought = scanNeedle(`${'ab'.repeat(200)}bb`)!;
  assert.equal(textMemory().count(bytes, sought, 0), -2);
  assert.equal(textMemory().find(bytes, sought, 0, bytes.length), -2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { tokensOf } from '../../../src/model/tokens.ts';
import { encodeBlock } from '../../../src/store/blocks/index.ts';
import { hashOf, isFiltered, StoredTokens } from '../../../src/store/blocks/format/token-filter.ts';
import { ALL_ROWS, batchOf, type Row, row } from './batches.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 20);
const [plain] = fc.sample(row, { numRuns: 1, seed: 1 }) as [Row];

function tokensIn(messages: readonly Uint8Array[]): StoredTokens {
  const rows = messages.map((bytes) => ({ ...plain, spans: plain.spans.with(5, bytes) }));
  const batch = batchOf(rows);
  return new StoredTokens(encodeBlock(batch, ALL_ROWS(batch)).tokens);
}

test('the token filter has each token of each message, at any offset and with any characters', () => {
  const piece = fc.oneof(
    { arbitrary: fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/), weight: 4 },
    fc.constantFrom(' ', '\n', '.', '-', '@[`{/:^', 'ü', 'GRÖSSE', 'K', 'ſ', '🦊', '_', 'Я', '日本'),
    fc.nat(200).map((length) => 'aB_9'.repeat(length).slice(0, length)),
  );
  const text = fc.oneof(
    { arbitrary: fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))), weight: 4 },
    fc.uint8Array({ maxLength: 200 }),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (messages) => {
      const stored = tokensIn(messages);
      for (const bytes of messages) {
        for (const token of tokensOf(Buffer.from(bytes).toString()).filter(isFiltered))
          assert.ok(stored.mayHold(hashOf(token)), token);
      }
    }),
    { numRuns: RUNS },
  );
});

test('the token filter rejects most absent tokens and is as small as possible', () => {
  const words = Array.from({ length: 4000 }, (_, index) => `w${index}`);
  const stored = tokensIn(words.map((word) => Buffer.from(word)));
  const wrong = words.filter((word) => stored.mayHold(hashOf(`${word}x`))).length;
  assert.ok(wrong < words.length / 7, `${wrong} of ${words.length}`);
});

test('a batch that is filled again is copied again', () => {
  const batch = batchOf([{ ...plain, spans: plain.spans.with(5, Buffer.from('first')) }]);
  const before = new StoredTokens(encodeBlock(batch, ALL_ROWS(batch)).tokens);
  const { used } = batch;
  batch.clear();
  batch.sources.push({ ip: '192.0.2.1', port: 1, transport: 'tcp', listener: 'tcp0' });
  const index = batch.begin(1, 1, 0);
  batch.arena.write('other', 0);
  batch.setSpan(index, 5, 0, 5);
  batch.used = used;
  const after = new StoredTokens(encodeBlock(batch, ALL_ROWS(batch)).tokens);
  assert.deepEqual(
    [before, after].map((stored) => stored.mayHold(hashOf('other'))),
    [false, true],
  );
});

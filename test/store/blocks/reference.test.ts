import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBlock } from '../../../src/store/blocks/index.ts';
import type { EncodedBlock } from '../../../src/store/blocks/contract.ts';
import fc from '../../support/fc.ts';
import { MessageBatch } from '../../../src/model/batch.ts';
import { ALL_ROWS, batchOf, row } from './batches.ts';
import { encodeByReference } from './reference-encoder.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 200);
const PARTS = ['summary', 'tokens', 'columns', 'text'] as const;

test('a block of random rows equals the reference byte for byte', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), (rows) => {
      const batch = batchOf(rows);
      assertEqual(encodeBlock(batch, ALL_ROWS(batch)), encodeByReference(batch, ALL_ROWS(batch)));
    }),
    { numRuns: RUNS },
  );
});

test('a block whose columns are compressed apart equals the reference byte for byte', () => {
  for (const count of [511, 512, 513, 1000, 4096]) {
    const some = fc.sample(row, { numRuns: 200, seed: count });
    const batch = batchOf(Array.from({ length: count }, (_, index) => some[(index * 7) % some.length]!));
    const rows = count === 1000 ? ALL_ROWS(batch).filter((index) => index % 3 !== 1) : ALL_ROWS(batch);
    assertEqual(encodeBlock(batch, rows), encodeByReference(batch, rows));
  }
});

test('a block of text of any form equals the reference byte for byte', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_]{1,3}$/),
    fc.stringMatching(/^[a-z]{14,40}$/),
    fc.constantFrom('é', 'GRÖSSE', '🦊', '\n', ' ', ', ', '::'),
  );
  const message = fc.array(word, { maxLength: 40 }).map((words) => Buffer.from(words.join(' ')));
  const plain = fc.sample(row, { numRuns: 1, seed: 1 })[0]!;
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), (messages) => {
      const batch = batchOf(messages.map((bytes) => ({ ...plain, spans: plain.spans.with(5, bytes) })));
      assertEqual(encodeBlock(batch, ALL_ROWS(batch)), encodeByReference(batch, ALL_ROWS(batch)));
    }),
    { numRuns: RUNS },
  );
});

test('a batch in WebAssembly memory gives the same block', () => {
  const rows = fc.sample(row, { numRuns: 300, seed: 11 });
  const outside = batchOf(rows);
  const inside = copyInMemory(outside);
  assertEqual(encodeBlock(inside, ALL_ROWS(inside)), encodeByReference(outside, ALL_ROWS(outside)));
});

function copyInMemory(batch: MessageBatch): MessageBatch {
  const copy = MessageBatch.inMemory(batch.capacity, batch.arena.length);
  copy.node = batch.node;
  copy.sources.push(...batch.sources);
  copy.put(batch.arena.subarray(0, batch.used));
  for (let index = 0; index < batch.count; index++) copy.begin(batch.receivedAt[index]!, batch.sequence[index]!, 0);
  for (const name of COPIED) copy[name].set(batch[name] as never);
  return copy;
}

const COPIED = [
  'priority',
  'format',
  'version',
  'flags',
  'timestamp',
  'timestampUs',
  'timestampOffset',
  'originalLength',
  'source',
  'stream',
  'offsets',
  'lengths',
] as const;

function assertEqual(block: EncodedBlock, reference: EncodedBlock): void {
  for (const part of PARTS) {
    assert.ok(Buffer.compare(block[part], reference[part]) === 0, `the part ${part} differs`);
  }
  const { first, last, count, rawBytes } = reference;
  assert.deepEqual([block.first, block.last, block.count, block.rawBytes], [first, last, count, rawBytes]);
}

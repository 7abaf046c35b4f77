import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { encodeBlock, mergeBlocks, partsOf, sequencesOf, mergeOverlapping } from '../../../src/store/blocks/index.ts';
import { ALL_ROWS, batchOf, decoded, messagesOf, type Row, row } from './batches.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 200);

test('a block returns the messages of its batch', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const batch = batchOf(rows);
      const block = encodeBlock(batch, ALL_ROWS(batch));
      assert.deepEqual(decoded(block), messagesOf(batch));
      assert.equal(block.count, rows.length);
      assert.equal(block.first, batch.id(0));
      assert.equal(block.last, batch.id(rows.length - 1));
    }),
    { numRuns: RUNS },
  );
});

test('a block of selected rows has exactly these rows', () => {
  const batch = batchOf(fc.sample(row, { numRuns: 900, seed: 5 }));
  const rows = ALL_ROWS(batch).filter((index) => index % 3 !== 1);
  assert.deepEqual(decoded(encodeBlock(batch, rows)), messagesOf(batch, rows));
});

test('a full block, whose columns are packed separately, is decoded completely', () => {
  const some = fc.sample(row, { numRuns: 300, seed: 9 });
  const batch = batchOf(Array.from({ length: 4096 }, (_, index) => some[(index * 7) % some.length]!));
  assert.deepEqual(decoded(encodeBlock(batch, ALL_ROWS(batch))), messagesOf(batch));
});

test('a block holds 16,384 different hosts, apps, procids and sources', () => {
  const batch = batchOf(
    Array.from({ length: 16_384 }, (_, index) => plain(`h${index}`, `a${16_384 - index}`, String(index * 31))),
  );
  batch.sources.length = 0;
  for (let index = 0; index < 16_384; index++) {
    batch.sources.push({
      ip: `10.9.${index >> 8}.${index & 255}`,
      port: index,
      transport: 'udp',
      listener: `l${index}`,
    });
    batch.source[index] = 16_383 - index;
  }
  assert.deepEqual(decoded(encodeBlock(batch, ALL_ROWS(batch))), messagesOf(batch));
});

test('frames of 256 KiB and messages larger than the scratch batch are decoded', () => {
  const huge = Buffer.alloc(256 * 1024, 'abc defg ').fill(0xff, 1000, 1010);
  const spans = plain('h', 'a', '1').spans.with(5, huge).with(6, huge);
  const batch = batchOf([plain('h', 'a', '1'), { ...plain('h', 'a', '1'), spans }, plain('h', 'a', '2')]);
  assert.deepEqual(decoded(encodeBlock(batch, ALL_ROWS(batch))), messagesOf(batch));
});

test('encoding no rows or more than 16,384 is refused', () => {
  const batch = batchOf([plain('h', 'a', '1')]);
  assert.throws(() => encodeBlock(batch, new Uint32Array()), /cannot make a block of 0 rows: 1 to 16384 fit/);
  assert.throws(() => encodeBlock(batch, new Uint32Array(16_385)), /cannot make a block of 16385 rows/);
});

test('a merged block has the rows of all blocks, also of several nodes', () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 }), (parts) => {
      const batches = parts.map((rows, index) =>
        batchOf(rows, { node: index % 3, at: 1e12 + index * 1e11, sequence: (7 - index) * 1e12 }),
      );
      const merged = mergeBlocks(batches.map((batch) => encodeBlock(batch, ALL_ROWS(batch))));
      assert.deepEqual(
        decoded(merged),
        batches.flatMap((batch) => messagesOf(batch)),
      );
    }),
    { numRuns: RUNS },
  );
});

test('merging overlapping blocks keeps each id once, in order, in blocks of at most 16,384 rows', () => {
  const some = fc.sample(row, { numRuns: 700, seed: 3 });
  const batch = batchOf(Array.from({ length: 17_000 }, (_, index) => some[(index * 7) % some.length]!));
  const share = (take: (index: number) => boolean) => encodeBlock(batch, ALL_ROWS(batch).filter(take));
  const separate = mergeOverlapping([
    share((index) => index % 2 === 0),
    share((index) => index % 2 === 1),
    share((index) => index < 100),
  ]);
  assert.deepEqual(
    separate.map(({ count }) => count),
    [16_384, 616],
  );
  assert.deepEqual(
    separate.flatMap((block) => decoded(block)),
    messagesOf(batch),
  );
});

test('a full block of templates has the rows of the blocks it was merged from', () => {
  const some = fc.sample(row, { numRuns: 300, seed: 12 });
  const batch = batchOf(Array.from({ length: 16_384 }, (_, index) => some[(index * 7) % some.length]!));
  const quarters = [0, 1, 2, 3].map((part) =>
    encodeBlock(batch, ALL_ROWS(batch).subarray(part * 4096, part * 4096 + 4096)),
  );
  const merged = mergeBlocks(quarters);
  assert.equal(merged.text[0], 2);
  assert.deepEqual(decoded(merged), messagesOf(batch));
});

test('sequencesOf returns runs', () => {
  const gaps = [1, 1, 1, 5, 1, 2 ** 40];
  const batch = batchOf(
    gaps.map((gap) => ({ ...plain('h', 'a', '1'), gap })),
    { sequence: 9 },
  );
  assert.deepEqual(sequencesOf(partsOf(encodeBlock(batch, ALL_ROWS(batch)), 's')), [
    { node: 7, first: 10, last: 12 },
    { node: 7, first: 17, last: 18 },
    { node: 7, first: 18 + 2 ** 40, last: 18 + 2 ** 40 },
  ]);
});

function plain(hostname: string, appname: string, procid: string): Row {
  const spans = [hostname, appname, procid].map((text) => Buffer.from(text));
  return {
    ...{ step: 1, gap: 1, priority: 14, format: 2, version: 1, flags: 0, skew: 0, timestampUs: 5, timestampOffset: 60 },
    ...{ originalLength: 0, source: 0 },
    spans: [
      spans[0],
      spans[1],
      spans[2],
      undefined,
      undefined,
      Buffer.from(`message of ${procid}`),
      undefined,
      undefined,
    ],
  };
}

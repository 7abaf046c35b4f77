import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from '../../support/fc.ts';
import type { Query } from '../../../src/model/query.ts';
import type { EncodedBlock } from '../../../src/store/blocks/contract.ts';
import {
  compileSearch,
  createGroupCounts,
  encodeBlock,
  mergeBlocks,
  partsOf,
  sequencesOf,
} from '../../../src/store/blocks/index.ts';
import { ALL_ROWS, batchOf, decodeBlock, decoded, messagesOf, row } from './batches.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 20);
const PARTS = ['summary', 'tokens', 'columns', 'text'] as const;
const DAMAGED = /^Error: damaged block: /;

const blocks = [20, 700].map((size) => {
  const batch = batchOf(fc.sample(row, { numRuns: size, seed: size }));
  return { block: encodeBlock(batch, ALL_ROWS(batch)), messages: messagesOf(batch) };
});
/** A block of templates. */
const merged = { block: mergeBlocks(blocks.slice(1).map(({ block }) => block)), messages: blocks[1]!.messages };
const word: Query = { filter: { kind: 'word', field: 'message', token: 'timeout' }, order: 'newest' };
const damage = fc.record({
  of: fc.constantFrom(...blocks, merged),
  part: fc.constantFrom(...PARTS),
  at: fc.nat(1 << 20),
  flip: fc.integer({ min: 1, max: 255 }),
  cut: fc.boolean(),
});

/** The block with one byte of a part changed, or the part cut off at that byte. */
function damagedBlock(
  block: EncodedBlock,
  { part, at, flip, cut }: { part: (typeof PARTS)[number]; at: number; flip: number; cut: boolean },
): EncodedBlock {
  const bytes = Buffer.from(block[part]);
  const index = at % bytes.length;
  bytes[index]! ^= flip;
  return { ...block, [part]: cut ? bytes.subarray(0, index) : bytes };
}

/** Reads a block in every way, in the order of a store. */
function readAll(block: EncodedBlock): void {
  const parts = partsOf(block, 'default');
  const search = compileSearch(word);
  search.canHold(parts);
  search.find(parts, 10);
  search.count(parts, createGroupCounts({ by: ['hostname', 'sd.a@1.x'], every: 1000 }));
  sequencesOf(parts);
  decodeBlock(parts);
}

test('a changed or missing byte anywhere is reported as damage', () => {
  fc.assert(
    fc.property(damage, (what) => {
      assert.throws(() => readAll(damagedBlock(what.of.block, what)), DAMAGED);
    }),
    { numRuns: RUNS },
  );
});

test('damage with a valid checksum is reported as damage or read as rows, never as another error', () => {
  fc.assert(
    fc.property(damage, (what) => {
      const block = damagedBlock(what.of.block, what);
      const part = Buffer.from(block[what.part]);
      if (part.length >= 5) part.writeUInt32LE(crc32(part.subarray(5)), 1);
      try {
        readAll({ ...block, [what.part]: part });
      } catch (error) {
        assert.match(String(error), DAMAGED);
      }
    }),
    { numRuns: RUNS },
  );
});

test('the error for a part of a newer version names the part', () => {
  const { block } = blocks[0]!;
  const text = Buffer.from(block.text);
  text[0] = 3;
  assert.throws(() => decoded({ ...block, text }), /damaged block: the text has version 3, this program reads 1 to 2/);
});

test('an error of a part becomes the cause of the damage', () => {
  const gone = new Error('moved');
  const parts = {
    ...partsOf(blocks[0]!.block, 'default'),
    text: () => {
      throw gone;
    },
  };
  assert.throws(
    () => compileSearch(word).find(parts, 1),
    (error: Error) => rootCause(error) === gone,
  );
});

test('parts of different blocks are not accepted as one block', () => {
  const [small, large] = blocks;
  assert.throws(() => decoded({ ...small!.block, columns: large!.block.columns }), DAMAGED);
  assert.throws(() => decoded({ ...small!.block, text: large!.block.text }), DAMAGED);
});

test('merging refuses damaged blocks and too many rows', () => {
  const { block } = blocks[1]!;
  assert.throws(() => mergeBlocks([block, { ...block, text: block.text.subarray(0, 40) }]), DAMAGED);
  assert.throws(
    () => mergeBlocks(Array.from({ length: 24 }, () => block)),
    /cannot merge 16800 rows into a block: 16384 fit/,
  );
});

function rootCause(error: Error): unknown {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}

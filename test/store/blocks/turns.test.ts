import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN } from '../../../src/model/batch.ts';
import { FieldCounts } from '../../../src/model/fields.ts';
import type { Query } from '../../../src/model/query.ts';
import type { EncodedBlock, Turns } from '../../../src/store/blocks/contract.ts';
import {
  compileFieldCounts,
  compileSearch,
  createGroupCounts,
  encodeBlock,
  mergeBlocks,
  partsOf,
} from '../../../src/store/blocks/index.ts';
import { ALL_ROWS, batchOf, type Row } from './batches.ts';

/*
 * Several questions read blocks at the same time, each a turn at a time, and texts of one block take the memory of
 * another one's. Sizes are below and above those that are read in one turn, and made into objects in one.
 */

const PLAIN: Omit<Row, 'spans'> = {
  step: 1,
  gap: 1,
  priority: 14,
  format: 0,
  version: 1,
  flags: 0,
  skew: 0,
  timestampUs: 0x7fff,
  timestampOffset: 0,
  originalLength: 0,
  source: 0,
};

function lines(name: string, count: number, bytes: number, from = 0): EncodedBlock {
  const rows = Array.from({ length: count }, (_, index): Row => {
    const message = Buffer.from(`${name} ${from + index} ${'x'.repeat(bytes)}`);
    const spans = Array.from({ length: 8 }, (_unused, span) => (span === SPAN.message ? message : undefined));
    return { ...PLAIN, spans };
  });
  const batch = batchOf(rows, { at: 1_763_900_000_000 + from, sequence: 1 + from });
  return encodeBlock(batch, ALL_ROWS(batch));
}

const merged = (name: string): EncodedBlock =>
  mergeBlocks(Array.from({ length: 4 }, (_, index) => lines(name, 4096, 130, index * 4096)));

const BLOCKS = [
  [lines('one', 500, 200), lines('two', 500, 200)],
  [lines('one', 2000, 1000), lines('two', 2000, 1000)],
  [lines('one', 4000, 1500), lines('two', 4000, 1500)],
  [merged('one'), merged('two')],
] as const;

const QUERY: Query = { filter: { kind: 'all' }, order: 'oldest', limit: Infinity };

/** Runs generators in turns, one turn each, and gives what each yielded. */
function together<T>(...all: readonly Generator<T, void>[]): T[][] {
  const results = all.map((): T[] => []);
  const left = new Set(all.keys());
  while (left.size > 0) {
    for (const index of left) {
      const next = all[index]!.next();
      if (next.done) left.delete(index);
      else results[index]!.push(next.value);
    }
  }
  return results;
}

for (const [index, pair] of BLOCKS.entries()) {
  const parts = pair.map((block) => partsOf(block, 'default'));

  test(`searches of two blocks in turns find what each finds alone (${index})`, () => {
    for (const limit of [Infinity, 1000]) {
      const alone = parts.map((each) => compileSearch(QUERY).find(each, limit));
      const turns = parts.map((each) => compileSearch(QUERY).findInTurns(each, limit));
      const found = together(...turns).map((pieces) => pieces.flat());
      assert.deepEqual(found, alone);
      assert.equal(found[1]![0]!.message.split(' ')[0], 'two');
    }
  });

  test(`counts of two blocks by message, and of their fields, in turns are those of each alone (${index})`, () => {
    const count = (all: boolean) => {
      const into = parts.map(() => createGroupCounts({ by: ['message'] }));
      const turns = parts.map((each, at): Turns => compileSearch(QUERY).countInTurns(each, into[at]!));
      if (all) together(...turns);
      else for (const one of turns) together(one);
      return into.map((each) => each.groups());
    };
    assert.deepEqual(count(true), count(false));
    const fields = (all: boolean) => {
      const into = parts.map(() => new FieldCounts());
      const turns = parts.map((each, at) => compileFieldCounts(QUERY)(each, into[at]!));
      if (all) together(...turns);
      else for (const one of turns) together(one);
      return into;
    };
    assert.deepEqual(fields(true), fields(false));
  });
}

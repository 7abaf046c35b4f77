import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { planMerge } from '../../../src/store/embedded/merge-plan.ts';
import { MAX_TEXT_BYTES, textBytes } from '../../../src/store/blocks/index.ts';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { EPOCH } from '../../support/batches.ts';
import { count, filesOf, find, never, range, rows, sequencesIn, testStore } from './kit.ts';

/** Appends blocks and merges after each; @returns how often a row was rewritten on average. */
function simulate(sizes: readonly number[]): { blocks: number[]; rewritten: number } {
  const blocks: number[] = [];
  let rewritten = 0;
  for (const size of sizes) {
    blocks.push(size);
    for (let merge = planMerge(blocks, false); merge; merge = planMerge(blocks, false)) {
      const sum = blocks.slice(merge.from, merge.to).reduce((total, each) => total + each, 0);
      assert.ok(merge.to - merge.from > 1 && sum <= 16_384, `${merge.to - merge.from} blocks of ${sum} rows`);
      blocks.splice(merge.from, merge.to - merge.from, sum);
      rewritten += sum;
    }
  }
  return { blocks, rewritten: rewritten / sizes.reduce((total, each) => total + each, 0) };
}

test('planMerge returns the expected merges', () => {
  const ok = (counts: number[], sealed: boolean, want: [number, number] | undefined): void => {
    const merge = planMerge(counts, sealed);
    assert.deepEqual(merge && [merge.from, merge.to], want, JSON.stringify(counts));
  };
  ok([], false, undefined);
  ok([5], true, undefined);
  ok([5, 5], false, undefined);
  ok([5, 5], true, [0, 2]);
  ok([16_384, 16_384], true, undefined);
  ok([4096, 4096, 4096, 4096, 4096], false, [0, 4]);
  ok([4096, 4096, 4096], false, undefined);
  ok([5, 5, 5, 5, 5, 5, 5, 5], false, [0, 8]);
  ok([400, 5, 5, 5, 5, 5, 5, 5, 5], false, [1, 9]);
  ok([6000, 6000, 6000], false, [0, 2]);
  // What a busy server writes at once is half a block, and becomes templates with its neighbour.
  ok([8192, 8192, 8192], false, [0, 2]);
  ok([8192, 8192], true, [0, 2]);
  ok([8193, 8192], true, undefined);
  ok([5, 5, 16_384, 7], false, [0, 2]);
  ok([5, 16_384, 7], false, undefined);
  ok([16_384, 5, 7, 16_384], false, [1, 3]);
});

test('merging rewrites each row a few times and leaves few small blocks', () => {
  for (const size of [1, 3, 20, 50, 400, 1500, 4096, 6000, 8192]) {
    const { blocks, rewritten } = simulate(Array(4000).fill(size));
    assert.ok(rewritten <= 5, `${size}: rewritten ${rewritten} times`);
    assert.ok(blocks.filter((rows) => rows < 8192).length <= 40, `${size}: ${blocks.length} blocks`);
  }
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 16_384 })), {
    minLength: 200,
    maxLength: 600,
  });
  fc.assert(
    fc.property(sizes, (some) => {
      const { blocks, rewritten } = simulate(some);
      assert.ok(rewritten <= 5);
      const small = blocks.filter((rows, index) => rows < 8192 && (blocks[index + 1] ?? 16_384) < 8192);
      assert.ok(small.length <= 80);
      assert.equal(
        blocks.reduce((sum, each) => sum + each, 0),
        some.reduce((sum, each) => sum + each, 0),
      );
    }),
    { numRuns: 50 },
  );
});

test('merging keeps every row and removes small blocks', async () => {
  await using store = await testStore();
  const { writer, reader } = store;
  for (let from = 1; from <= 3000; from += 30) {
    await writer.insert(rows(from, from + 30));
    await writer.maintain(1000);
  }
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 3001));
  assert.equal(await count(reader), 3000);
  assert.equal((await find(reader, { filter: { kind: 'word', field: 'message', token: '1234' } })).length, 1);
});

test('maintain without a budget merges nothing and reports remaining work', async () => {
  await using store = await testStore();
  for (let from = 1; from <= 80; from += 10) await store.writer.insert(rows(from, from + 10));
  assert.equal(await store.writer.maintain(-1), true);
  assert.equal(await store.writer.maintain(10_000), false);
});

for (const [order, budget] of [
  ['oldest', 2],
  ['newest', 2],
  ['oldest', 10_000],
  ['newest', 10_000],
] as const) {
  test(`a search during merges repeats and loses no row: ${order} first, ${budget} ms`, async () => {
    await using store = await testStore();
    const { writer } = store;
    const slow = await openEmbeddedReader({ folder: store.folder, streams: [], now: () => EPOCH });
    for (let from = 1; from <= 2000; from += 20) await writer.insert(rows(from, from + 20));
    // A warm cache has the summaries of blocks that are merged before the scan reaches them.
    assert.equal((await find(slow)).length, 2000);
    const found: number[] = [];
    let next = 2001;
    for await (const chunk of slow.find({ filter: { kind: 'all' }, order }, never())) {
      found.push(...sequencesIn(chunk));
      // More rows than fit a block, so that all blocks before it are merged as far as possible.
      for (; next < 5000; next += 50) await writer.insert(rows(next, next + 50));
      await writer.maintain(budget);
    }
    assert.ok(found.length >= 2000);
    assert.deepEqual(found, order === 'oldest' ? range(1, found.length + 1) : range(1, 2001).reverse());
    await slow[Symbol.asyncDispose]();
  });
}

test('a count during merges counts each row once', async () => {
  await using store = await testStore();
  const { writer, reader } = store;
  const total = 6000;
  for (let from = 1; from <= total; from += 20) await writer.insert(rows(from, from + 20));
  let merging = true;
  const merge = async (): Promise<void> => {
    while (merging && (await writer.maintain(1))) await new Promise(setImmediate);
  };
  const merged = merge();
  for (let round = 0; round < 5; round++) {
    assert.equal(await count(reader), total);
    const by = await reader.aggregate({ filter: { kind: 'all' }, order: 'oldest' }, { by: ['message'] }, never());
    assert.equal(by.length, total);
    assert.ok(by.every((group) => group.count === 1));
  }
  merging = false;
  await merged;
});

test('blocks are cut and merged by bytes of text as well as by rows', async () => {
  await using store = await testStore();
  const { writer, reader, folder } = store;
  const large = (length: number) => () => ({ message: 'x'.repeat(length) });
  await writer.insert(rows(1, 101, large(250_000)));
  for (let from = 101; from < 500; from += 10) await writer.insert(rows(from, from + 10, large(64_000)));
  while (await writer.maintain(1000));
  const sizes = textsIn(folder);
  assert.ok(Math.max(...sizes) <= MAX_TEXT_BYTES, `a block has ${Math.max(...sizes)} bytes of text`);
  assert.ok(sizes.length < 12, `${sizes.length} blocks`);
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 501));
});

test('a block that is larger already is left alone', async () => {
  await using store = await testStore();
  const { writer, folder } = store;
  for (let from = 1; from <= 60; from += 10) await writer.insert(rows(from, from + 10));
  // As an earlier version merged them: few rows, and more text than a block has now.
  const [path] = filesOf(folder);
  using database = new DatabaseSync(path!);
  const { id } = database.prepare('SELECT min(id) AS id FROM block').get() as { id: number };
  const [giant] = database.prepare('SELECT text FROM block WHERE id = ?').all(id);
  const text = Buffer.concat([(giant!['text'] as Uint8Array).subarray(0, 5), Buffer.from([128, 128, 128, 8, 0, 0, 0])]);
  database.prepare('UPDATE block SET text = ? WHERE id = ?').run(text, id);
  await using again = await openEmbeddedWriter({ folder, streams: [], now: () => EPOCH });
  while (await again.maintain(1000));
  assert.equal(database.prepare('SELECT count(*) AS count FROM block WHERE id = ?').get(id)?.['count'], 1);
});

/** Bytes of text of each block in the files of a store. */
function textsIn(folder: string): number[] {
  return filesOf(folder).flatMap((path) => {
    using database = new DatabaseSync(path, { readOnly: true });
    return database
      .prepare('SELECT text FROM block')
      .all()
      .map(({ text }) => textBytes(text as Uint8Array));
  });
}

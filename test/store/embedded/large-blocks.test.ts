import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileSearch, createGroupCounts, encodeBlock, partsOf } from '../../../src/store/blocks/index.ts';
import type { Filter } from '../../../src/model/filter.ts';
import { until } from '../../support/until.ts';
import { count, find, never, range, rows, sequencesIn, testStore } from './kit.ts';

const ROWS = 40;
/** Memory that has not changed for so long will not, ms. */
const SETTLED_MS = 1000;
const EVERYTHING: Filter = { kind: 'all' };
const odd: Filter = { kind: 'substring', field: 'message', text: 'odd' };

/** A store with one block of 8 MB whose messages are as large as an inflated frame can be. */
async function largeBlock() {
  const store = await testStore();
  const each = (sequence: number) => ({
    message: `${sequence % 2 === 1 ? 'odd' : 'even'} é${'a'.repeat(200_000)}`,
    appname: `app${sequence % 3}`,
  });
  await store.writer.insert(rows(1, ROWS + 1, each));
  return store;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The memory of array buffers, MB. */
const held = (): number => process.memoryUsage().arrayBuffers / 1e6;

/** The same after a collection. */
function collected(): number {
  collect();
  return held();
}

/** The same when memory of earlier tests is gone: V8 gives it back in a thread of its own, some time after a collection. */
async function settled(): Promise<number> {
  let last = Infinity;
  let since = 0;
  await until('the memory of earlier tests to be gone', () => {
    const now = collected();
    if (Math.abs(now - last) > 0.1) since = performance.now();
    last = now;
    return performance.now() - since > SETTLED_MS;
  });
  return last;
}

test('a large block is searched in turns, in order and without gaps', async () => {
  await using store = await largeBlock();
  const { reader } = store;
  const all = range(1, ROWS + 1);
  assert.deepEqual(sequencesIn(await find(reader)), all);
  assert.deepEqual(sequencesIn(await find(reader, { order: 'newest' })), all.toReversed());
  assert.deepEqual(sequencesIn(await find(reader, { order: 'newest', limit: 7 })), all.toReversed().slice(0, 7));
  const wanted = all.filter((sequence) => sequence % 2 === 1);
  assert.deepEqual(sequencesIn(await find(reader, { filter: odd })), wanted);
  assert.deepEqual(sequencesIn(await find(reader, { filter: { kind: 'not', of: odd } })).length, ROWS / 2);
  assert.equal(await count(reader, { filter: odd }), wanted.length);
  const either: Filter = { kind: 'or', of: [odd, { kind: 'equals', field: 'appname', value: 'app0' }] };
  assert.equal(await count(reader, { filter: either }), all.filter((n) => n % 2 === 1 || n % 3 === 0).length);
});

test('a chunk of large messages has a few of them only', async () => {
  await using store = await largeBlock();
  for await (const chunk of store.reader.find({ filter: EVERYTHING, order: 'oldest' }, never()))
    assert.ok(chunk.length <= 3, `${chunk.length} messages of 200 kB`);
});

test('a question takes turns within one large block, and costly ones take more', () => {
  const batch = rows(1, ROWS + 1, () => ({ message: 'a'.repeat(200_000) }));
  const parts = partsOf(encodeBlock(batch, Uint32Array.from(range(0, ROWS))), 'default');
  const turns = (filter: Filter): number =>
    [...compileSearch({ filter, order: 'oldest' }).countInTurns(parts, createGroupCounts({ by: ['severity'] }))].length;
  const pattern: Filter = { kind: 'pattern', field: 'message', source: '(a|b)+c', ignoreCase: true };
  assert.ok(turns(odd) >= 7, `${turns(odd)} turns for 8 MB`);
  assert.ok(turns(pattern) >= ROWS - 1, `${turns(pattern)} turns for a pattern`);
  const many: Filter = { kind: 'or', of: Array.from({ length: 100 }, () => odd) };
  assert.ok(turns(many) >= ROWS - 1, `${turns(many)} turns for a hundred terms`);
});

test('the messages of a large block that is merged while it is read come once', async () => {
  await using store = await testStore();
  const { writer, reader } = store;
  const each = () => ({ message: 'x'.repeat(100_000) });
  for (let from = 1; from <= 40; from += 10) await writer.insert(rows(from, from + 10, each));
  const found: number[] = [];
  let next = 41;
  for await (const chunk of reader.find({ filter: EVERYTHING, order: 'newest' }, never())) {
    found.push(...sequencesIn(chunk));
    for (; next < 300; next += 10) await writer.insert(rows(next, next + 10, each));
    await writer.maintain(1000);
  }
  assert.deepEqual(found, range(1, 41).reverse());
});

test('a search whose asker stops reading lets go of its block, and goes on where it was', async () => {
  await using store = await testStore();
  const { writer, reader } = store;
  const each = () => ({ message: 'x'.repeat(100_000) });
  for (let from = 1; from <= 40; from += 20) await writer.insert(rows(from, from + 20, each));
  const searches = [];
  for (const order of ['oldest', 'newest'] as const) {
    for (const filter of [EVERYTHING, { kind: 'range', field: 'length', min: 0 } as const, odd]) {
      const chunks = reader.find({ filter, order }, never())[Symbol.asyncIterator]();
      const first = await chunks.next();
      searches.push({ order, filter, chunks, found: first.done ? [] : sequencesIn(first.value) });
    }
  }
  // Their blocks are gone after a second; meanwhile, both become one.
  await sleep(1500);
  await writer.maintain(1000);
  for (const { order, filter, chunks, found } of searches) {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) found.push(...sequencesIn(next.value));
    const wanted: number[] = filter === EVERYTHING ? range(1, 41) : [];
    assert.deepEqual(found, order === 'newest' ? wanted.reverse() : wanted);
  }
});

test('the blocks of many searches whose clients do not read are not in memory', async () => {
  await using store = await largeBlock();
  const before = await settled();
  const searches = [];
  for (let n = 0; n < 12; n++) {
    const chunks = store.reader.find({ filter: EVERYTHING, order: 'oldest' }, never())[Symbol.asyncIterator]();
    await chunks.next();
    searches.push(chunks);
  }
  const at = collected() - before;
  assert.ok(at > 40, `${at} MB of blocks while they are searched`);
  await until('the blocks to be gone', () => collected() - before < at / 4);
  const rest = await Promise.all(searches.map((chunks) => chunks.next()));
  assert.ok(rest.every(({ done }) => !done));
});

test('a search that ends early lets go of its block at once, not when V8 collects', async () => {
  await using store = await largeBlock();
  const before = await settled();
  for (let n = 0; n < 12; n++) {
    const chunks = store.reader.find({ filter: EVERYTHING, order: 'oldest' }, never())[Symbol.asyncIterator]();
    await chunks.next();
    assert.ok(held() - before > 4, 'a block is held while it is searched');
    await chunks.return!(undefined);
    assert.ok(held() - before < 4, `${held() - before} MB after ${n + 1} searches that were broken off`);
    await find(store.reader, { order: 'newest', limit: 1 });
    assert.ok(held() - before < 4, `${held() - before} MB after ${n + 1} searches with a limit`);
  }
});

test('field names are counted up to a limit, and one more tells that there are more', async () => {
  await using store = await testStore();
  const structured = (sequence: number) => ({
    structured_data: [
      { id: 'x@1', params: Array.from({ length: 50 }, (_, n) => ({ name: `n${sequence}_${n}`, value: '' })) },
    ],
  });
  await store.writer.insert(rows(1, 101, structured));
  const query = { filter: EVERYTHING, order: 'oldest' } as const;
  assert.equal((await store.reader.fieldNames(query, never(), 1000)).length, 1001);
  const all = await store.reader.fieldNames(query, never());
  assert.equal(all.filter(({ name }) => name.startsWith('sd.')).length, 5000);
});

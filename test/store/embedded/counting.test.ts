import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { SILENT } from '../../../src/base/log.ts';
import type { Grouping, Query } from '../../../src/model/query.ts';
import { createGroupCounts } from '../../../src/store/blocks/index.ts';
import { ByteCache } from '../../../src/store/embedded/byte-cache.ts';
import { Counting } from '../../../src/store/embedded/count/counting.ts';
import { listParts, storeFolder } from '../../../src/store/embedded/files.ts';
import { Damage, Handles } from '../../../src/store/embedded/handles.ts';
import { RunQueue } from '../../../src/store/embedded/count/run-queue.ts';
import { type Help, ScanThreads } from '../../../src/store/embedded/count/scan-threads.ts';
import { find, never, rows, type TestStore, testStore } from './kit.ts';

const ALL: Query = { filter: { kind: 'all' }, order: 'newest' };
const BY_HOST: Grouping = { by: ['hostname'] };
const WHOLE = { low: '0', high: 'g' };
/** On one core, the reader has no scan threads. */
const ONE_CORE = { skip: availableParallelism() < 2 };

async function filled(count: number, blockRows: number): Promise<TestStore> {
  const store = await testStore();
  for (let from = 1; from <= count; from += blockRows) await store.writer.insert(rows(from, from + blockRows));
  return store;
}

function fileOf(store: TestStore) {
  return listParts(storeFolder(store.folder), 'default')[0]!;
}

function sourcesFor(stack: DisposableStack) {
  const handles = stack.use(new Handles(new Damage(SILENT)));
  return { handles, summaries: new ByteCache(1 << 20), columns: new ByteCache(1 << 20) };
}

const sorted = (groups: readonly { values: readonly unknown[]; count: number }[]) =>
  groups.map(({ values, count }) => `${values} ${count}`).sort();

test('each run of a queue is taken once, from both ends, until it is stopped', () => {
  const queue = new RunQueue(5);
  const other = new RunQueue(queue.memory);
  assert.deepEqual([queue.takeFirst(), other.takeLast(1), other.takeLast(2), queue.left], [0, 4, 3, 2]);
  assert.deepEqual(
    [queue.takeFirst(), queue.takeFirst(), queue.takeFirst(), other.takeLast(1)],
    [1, 2, undefined, undefined],
  );
  assert.deepEqual([queue.takenBy(1), queue.takenBy(2)], [[4], [3]]);
  const stopped = new RunQueue(2);
  stopped.stop();
  assert.deepEqual([stopped.takeFirst(), new RunQueue(stopped.memory).takeLast(1)], [undefined, undefined]);
});

test('a scan thread counts runs that cut blocks as the reader counts the whole', ONE_CORE, async () => {
  await using store = await filled(3000, 1000);
  using threads = new ScanThreads();
  const ids = (await find(store.reader)).map(({ _id }) => _id);
  const cuts = [1, 500, 999, 1000, 1700, 2999].map((row) => ids[row]!);
  const runs = [WHOLE.low, ...cuts].map((low, index) => ({ low, high: cuts[index] ?? WHOLE.high })).reverse();
  for (const query of [ALL, { ...ALL, filter: { kind: 'substring', field: 'message', text: '7 of' } } as Query]) {
    const queue = new RunQueue(runs.length);
    const job = { file: fileOf(store), runs, query, grouping: BY_HOST, queue: queue.memory };
    const results = await Promise.all(threads.help(job).map(({ result }) => result));
    const counts = createGroupCounts(BY_HOST);
    for (const { values, at, count } of results.flatMap((result) => result!.groups)) counts.add(values, at, count);
    assert.deepEqual(sorted(counts.groups()), sorted(await store.reader.aggregate(query, BY_HOST, never())));
    assert.equal(queue.left, 0);
  }
});

test('runs that a failed scan thread took are counted by the reader', async () => {
  await using store = await filled(72_000, 4000);
  using stack = new DisposableStack();
  const counts = createGroupCounts(BY_HOST);
  let taken = 0;
  const failing = {
    help: ({ queue }: { queue: SharedArrayBuffer }): Help[] => {
      const others = new RunQueue(queue);
      if (others.takeLast(1) !== undefined) taken++;
      return [{ taker: 1, result: Promise.resolve(undefined) }];
    },
  } as unknown as ScanThreads;
  const to = { counts, sources: sourcesFor(stack), threads: failing, since: Number.NEGATIVE_INFINITY };
  await new Counting({ file: fileOf(store), bounds: WHOLE, query: ALL }, BY_HOST, to).run(never());
  assert.equal(taken, 1);
  assert.deepEqual(sorted(counts.groups()), sorted(await store.reader.aggregate(ALL, BY_HOST, never())));
  assert.equal(
    counts.groups().reduce((sum, { count }) => sum + count, 0),
    72_000,
  );
});

test(
  'a question that a scan thread cannot compile fails there, and the thread answers the next one',
  ONE_CORE,
  async () => {
    await using store = await filled(100, 100);
    using threads = new ScanThreads();
    const ask = (query: Query) => {
      const job = { file: fileOf(store), runs: [WHOLE], query, grouping: BY_HOST, queue: new RunQueue(1).memory };
      return threads.help(job)[0]!.result;
    };
    assert.equal(
      await ask({ ...ALL, filter: { kind: 'pattern', field: 'message', source: '(', ignoreCase: false } }),
      undefined,
    );
    assert.equal(
      (await ask(ALL))!.groups.reduce((sum, { count }) => sum + count, 0),
      100,
    );
  },
);

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { StoreWriter } from '../../../src/store/contract.ts';
import { EPOCH } from '../../support/batches.ts';
import { runChild } from '../../support/child.ts';
import { count, filesOf, find, never, range, rows, sequencesIn, testStore } from './kit.ts';

const LONG = 'x'.repeat(40);
/** A batch of about a hundred kilobytes that is hard to compress. */
const noisy = (from: number, to: number) =>
  rows(from, to, (sequence) => ({ message: `${LONG}${Math.sin(sequence)}${Math.cos(sequence)}` }));

/**
 * Writes until `done`, with makeSafe after each fourth batch; yields the bytes of the -wal after
 * each batch.
 */
async function writeBatches(writer: StoreWriter, folder: string, from: number, batches: number): Promise<number[]> {
  const sizes: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const first = from + batch * 500;
    await writer.insert(noisy(first, first + 500));
    if (batch % 4 === 3) await writer.makeSafe({ receivedAt: EPOCH + first + 499, node: 1, sequence: first + 499 });
    sizes.push(statSync(filesOf(folder, '.cwb-wal')[0]!).size);
  }
  return sizes;
}

test('a search that is not read on does not make the -wal grow', async () => {
  await using store = await testStore();
  const { writer, reader, folder } = store;
  const alone = Math.max(...(await writeBatches(writer, folder, 1, 20)));
  const slow = reader.find({ filter: { kind: 'all' }, order: 'oldest' }, never())[Symbol.asyncIterator]();
  const found = sequencesIn((await slow.next()).value!);
  const beside: number[] = [];
  for (let step = 0; step < 6; step++) {
    beside.push(...(await writeBatches(writer, folder, 10_001 + step * 5000, 10)));
    found.push(...sequencesIn((await slow.next()).value!));
  }
  assert.ok(Math.max(...beside) <= alone * 1.5, `${alone} bytes alone, then ${Math.max(...beside)}`);
  for (let next = await slow.next(); !next.done; next = await slow.next()) found.push(...sequencesIn(next.value));
  assert.ok(found.length >= 10_000);
  assert.deepEqual(found, range(1, found.length + 1));
});

test('a foreign program that pins the -wal delays neither insert nor makeSafe', async () => {
  await using store = await testStore();
  const { writer, reader, folder } = store;
  await writer.insert(rows(1, 101));
  using foreign = new DatabaseSync(filesOf(folder)[0]!, { readOnly: true });
  foreign.exec('BEGIN');
  assert.equal(foreign.prepare('SELECT count(*) AS blocks FROM block').get()?.['blocks'], 1);
  for (let from = 101; from <= 1000; from += 100) {
    await writer.insert(rows(from, from + 100));
    await writer.makeSafe({ receivedAt: EPOCH + from + 99, node: 1, sequence: from + 99 });
  }
  assert.equal((await writer.safe(1))?.sequence, 1000);
  foreign.exec('COMMIT');
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 1001));
});

/** Counts and lists in a loop: the result only grows, without gaps from the first row on. */
const READ = (folder: string): string => `
  const { openEmbeddedReader } = await at('src/store/embedded/index.ts');
  const { count, find, range, sequencesIn } = await at('test/store/embedded/kit.ts');
  const assert = await import('node:assert/strict');
  const { SILENT } = await at('src/base/log.ts');
  const log = { ...SILENT, error: (...said) => console.error(said.at(-1)) };
  const reader = await openEmbeddedReader({ folder: ${JSON.stringify(folder)}, streams: [], now: () => ${EPOCH}, log });
  let [seen, rounds, ended] = [0, 0, false];
  process.stdin.once('data', () => { ended = true; });
  console.log('reading');
  for (let last = false; !last; rounds++) {
    last = ended;
    const counted = await count(reader);
    const found = sequencesIn(await find(reader));
    const newest = sequencesIn(await find(reader, { order: 'newest', limit: 300 }));
    assert.deepEqual(found, range(1, found.length + 1));
    assert.deepEqual(newest, range(newest[0] - newest.length + 1, newest[0] + 1).reverse());
    assert.ok(seen <= counted && counted <= found.length && found.length <= newest[0]);
    seen = counted;
  }
  assert.equal((await reader.stats()).damaged, 0);
  console.log(seen + ' ' + rounds);
  process.exit(0);`;

test('two processes read consistently while a writer inserts, merges and makes safe', async () => {
  await using store = await testStore();
  const { writer, folder, reader } = store;
  await writer.insert(rows(1, 101));
  await using one = runChild(READ(folder));
  await using two = runChild(READ(folder));
  assert.equal(await one.line(), 'reading');
  assert.equal(await two.line(), 'reading');
  let next = 101;
  for (let batch = 0; batch < 150; batch++) {
    const size = 1 + ((batch * 37) % 90);
    await writer.insert(rows(next, next + size));
    next += size;
    await writer.maintain(10);
    if (batch % 20 === 0) await writer.makeSafe({ receivedAt: EPOCH + next - 1, node: 1, sequence: next - 1 });
    await new Promise(setImmediate);
  }
  one.say('end');
  two.say('end');
  for (const child of [one, two]) {
    const [seen, rounds] = (await child.line()).split(' ').map(Number);
    assert.equal(seen, next - 1);
    assert.ok(rounds! > 0);
    assert.equal(await child.ended(), 0);
  }
  assert.equal(await count(reader), next - 1);
});

test('an open reader sees inserted rows immediately', async () => {
  await using store = await testStore();
  for (let from = 1; from <= 50; from += 5) {
    await store.writer.insert(rows(from, from + 5));
    assert.deepEqual(sequencesIn(await find(store.reader, { order: 'newest', limit: 1 })), [from + 4]);
  }
});

test('concurrent inserts share a commit and are all visible', async () => {
  await using store = await testStore();
  const waiting = range(0, 10).map((batch) => store.writer.insert(rows(batch * 50 + 1, batch * 50 + 51)));
  await Promise.all(waiting);
  assert.deepEqual(sequencesIn(await find(store.reader)), range(1, 501));
});

test('a long scan yields the thread repeatedly', async (t) => {
  await using store = await testStore();
  for (let from = 1; from <= 40_000; from += 4000) await store.writer.insert(rows(from, from + 4000));
  // Independent of the machine's speed: each reading of the clock is one slice of work later.
  let now = 0;
  t.mock.method(performance, 'now', () => (now += 100));
  let turns = 0;
  let scanning = true;
  const others = (async () => {
    while (scanning) {
      await new Promise(setImmediate);
      turns++;
    }
  })();
  await find(store.reader, { filter: { kind: 'substring', field: 'message', text: 'no such text' } });
  assert.equal(await count(store.reader, { filter: { kind: 'substring', field: 'message', text: '9 of' } }), 4000);
  scanning = false;
  await others;
  assert.ok(turns > 3, `${turns} turns`);
});

test('rows can be inserted again after their file could not be created', async () => {
  await using store = await testStore();
  const { writer, reader, folder } = store;
  const obstacle = join(folder, 'store', 'default');
  mkdirSync(dirname(obstacle), { recursive: true });
  writeFileSync(obstacle, 'no folder');
  const waiting = [rows(1, 11), rows(11, 21)].map((batch) => writer.insert(batch));
  for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, 'rejected');
  await assert.rejects(writer.insert(rows(1, 11)), { code: 'ERR_STORE', message: /^cannot open .*\.cwb: / });
  rmSync(obstacle);
  await writer.insert(rows(1, 11));
  await writer.insert(rows(11, 21));
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 21));
});

test('an aborted count ends', async () => {
  await using store = await testStore();
  await store.writer.insert(rows(1, 100));
  const left = new AbortController();
  left.abort();
  const counting = store.reader.aggregate({ filter: { kind: 'all' }, order: 'oldest' }, { by: [] }, left.signal);
  await assert.rejects(counting, { name: 'AbortError' });
});

test('a failed insert rejects and can be repeated', async () => {
  await using store = await testStore();
  const { writer, reader, folder } = store;
  await writer.insert(rows(1, 11));
  const path = filesOf(folder)[0]!;
  await using locker = runChild(`
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(${JSON.stringify(path)});
    database.exec('BEGIN IMMEDIATE');
    console.log('locked');
    process.stdin.once('data', () => { database.close(); console.log('free'); });`);
  assert.equal(await locker.line(), 'locked');
  const refused = { code: 'ERR_STORE', message: new RegExp(`^cannot write ${path}: database is locked`) };
  await assert.rejects(writer.insert(rows(11, 21)), refused);
  locker.say('go');
  assert.equal(await locker.line(), 'free');
  await writer.insert(rows(11, 21));
  await writer.insert(rows(21, 31));
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 31));
});

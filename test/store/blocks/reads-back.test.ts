import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MessageBatch, SPAN, SPANS } from '../../../src/model/batch.ts';
import { encodeBlock, mergeBlocks } from '../../../src/store/blocks/index.ts';
import { sameRows } from '../../../src/store/blocks/read/same-rows.ts';
import { rowsOf } from '../../../src/store/blocks/write/merge.ts';
import { TemplateWriter } from '../../../src/store/blocks/write/template-writer.ts';
import { batchOf, type Draft, EPOCH, SOURCE } from '../../support/batches.ts';
import { count, errorLog, filesOf, find, range, rows, sequencesIn, testStore } from '../embedded/kit.ts';

const every = (batch: MessageBatch): Uint32Array => Uint32Array.from({ length: batch.count }, (_, row) => row);

/** Rows that have every span, from two sources. */
function drafts(from: number, to: number): Draft[] {
  return range(from, to).map((sequence) => ({
    sequence,
    received_at: new Date(EPOCH + sequence),
    hostname: `host${sequence % 3}`,
    appname: `app${sequence % 2}`,
    procid: String(100 + (sequence % 5)),
    msgid: `ID${sequence % 4}`,
    structured_data: [{ id: 'a@1', params: [{ name: 'n', value: String(sequence) }] }],
    message: sequence % 6 === 0 ? '' : `request ${sequence} took ${sequence * 7} ms`,
    raw: Buffer.from(`raw ${sequence}`),
    source: { ...SOURCE, port: 40_000 + (sequence % 2) },
  }));
}

function blocks(): ReturnType<typeof encodeBlock>[] {
  return [batchOf(drafts(1, 40)), batchOf(drafts(40, 100))].map((batch) => encodeBlock(batch, every(batch)));
}

test('a merged block has the rows of its pieces, and differs from them by any value', () => {
  const pieces = rowsOf(blocks());
  const merged = (): ReturnType<typeof rowsOf> => rowsOf([mergeBlocks(blocks())]);
  assert.ok(sameRows(pieces, merged()));
  const columns = ['receivedAt', 'sequence', 'timestamp', 'timestampUs', 'timestampOffset', 'flags'] as const;
  for (const column of [...columns, 'originalLength', 'priority', 'format', 'version'] as const) {
    const other = merged();
    other.batch[column][98]! ^= 1;
    assert.ok(!sameRows(pieces, other), column);
  }
  const elsewhere = merged();
  elsewhere.nodes![50] = 7;
  assert.ok(!sameRows(pieces, elsewhere), 'a node');
  const fewer = merged();
  fewer.batch.count--;
  assert.ok(!sameRows(pieces, fewer), 'a row less');
  const swapped = merged();
  swapped.batch.source[3] = swapped.batch.source[4]!;
  assert.ok(!sameRows(pieces, swapped), 'a source');
});

test('merging gives the memory of its batches back before V8 collects it', () => {
  const batch = batchOf(drafts(1, 8001));
  const half = batch.count / 2;
  const pieces = [every(batch).subarray(0, half), every(batch).subarray(half)].map((some) => encodeBlock(batch, some));
  mergeBlocks(pieces);
  const rowBytes = batch.receivedAt.buffer.byteLength / batch.capacity;
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round++) mergeBlocks(pieces);
  const kept = (process.memoryUsage().arrayBuffers - before) / 20;
  // Each merge makes two batches; what is left is the block, and tables of a few bytes for each row.
  assert.ok(kept < rowBytes * batch.count, `${Math.round(kept / batch.count)} bytes a row are kept by each merge`);
});

test('a merged block differs from its pieces by any byte of any text', () => {
  const pieces = rowsOf(blocks());
  for (const [name, span] of Object.entries(SPAN)) {
    if (name === 'fields') continue;
    for (const row of [1, 42, 98]) {
      const other = rowsOf([mergeBlocks(blocks())]);
      const index = row * SPANS + span;
      assert.ok(other.batch.lengths[index]! > 0, name);
      other.batch.arena[other.batch.offsets[index]!]! ^= 1;
      assert.ok(!sameRows(pieces, other), `${name} of row ${row}`);
    }
  }
});

test('blocks stay as they are if their merged block does not read back', async (t) => {
  const log = errorLog();
  await using store = await testStore({ log });
  const { writer, reader, folder } = store;
  for (let from = 1; from <= 20_000; from += 1000) await writer.insert(rows(from, from + 1000));
  const split = TemplateWriter.prototype.split;
  const broken = t.mock.method(TemplateWriter.prototype, 'split', function (this: TemplateWriter, ...args) {
    const streams = split.apply(this, args);
    const [templates] = streams;
    // "line" becomes "mine": it reads without an error, as another text.
    if (templates!.length > 0) templates![templates!.indexOf('line')]! += 1;
    return streams;
  } as typeof split);
  while (await writer.maintain(1000));
  assert.ok(broken.mock.callCount() > 0);
  const [file] = filesOf(folder);
  const text = `cannot merge blocks of ${file}: merged, they do not read back as they were; they stay as they are`;
  assert.ok(log.errors.length > 0 && log.errors.every((error) => error === text), log.errors.join('\n'));
  const { length } = log.errors;
  assert.equal(await writer.maintain(1000), false);
  assert.equal(log.errors.length, length, 'it is not tried again');
  broken.mock.restore();
  const found = await find(reader);
  assert.deepEqual(sequencesIn(found), range(1, 20_001));
  assert.deepEqual(new Set(found.map(({ message }) => message.split(' ')[0])), new Set(['line']));
  assert.equal(await count(reader), 20_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { batchOf } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';

test('counting stops when it has more groups than atMost', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, streams: [{ name: 'default' }], now: Date.now };
  await using writer = await openEmbeddedWriter(options);
  for (let batch = 0; batch < 5; batch++) {
    const drafts = Array.from({ length: 100 }, (_, row) => ({ message: `${batch}-${row}` }));
    await writer.insert(batchOf(drafts, { from: batch * 100 + 1 }));
  }
  await using reader = await openEmbeddedReader(options);
  const count = async (atMost?: number) => {
    const grouping = { by: ['message'], ...(atMost !== undefined && { atMost }) };
    const { signal } = new AbortController();
    const groups = await reader.aggregate({ filter: { kind: 'all' }, order: 'oldest' }, grouping, signal);
    return groups.length;
  };
  assert.equal(await count(), 500);
  assert.equal(await count(500), 500);
  assert.equal(await count(150), 200);
});

test('counting stops when the values of its groups have more text than atMostText', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, streams: [{ name: 'default' }], now: Date.now };
  await using writer = await openEmbeddedWriter(options);
  for (let batch = 0; batch < 5; batch++) {
    const drafts = Array.from({ length: 100 }, (_, row) => ({ message: `${batch}${row}`.padEnd(10, '.') }));
    await writer.insert(batchOf(drafts, { from: batch * 100 + 1 }));
  }
  await using reader = await openEmbeddedReader(options);
  const grouping = { by: ['message'], atMostText: 1500 };
  const { signal } = new AbortController();
  const groups = await reader.aggregate({ filter: { kind: 'all' }, order: 'oldest' }, grouping, signal);
  assert.equal(groups.length, 200);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowGroups } from '../../src/account/row-groups.ts';
import type { MessageBatch } from '../../src/model/batch.ts';
import { batchOf, type Draft, SOURCE } from '../support/batches.ts';
import fc from '../support/fc.ts';

const NAMES = ['', 'a', 'web-1', 'web-2', 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(17), `${'x'.repeat(16)}y`];
const META = { id: 'meta', params: [{ name: 'sequenceId', value: '1' }] };
const OTHER = { id: 'example@32473', params: [{ name: 'text', value: 'a [meta of some length, and more' }] };

const draft = fc
  .record({
    hostname: fc.option(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 40, unit: 'grapheme' }))),
    port: fc.integer({ min: 1, max: 3 }),
    structured_data: fc.option(fc.constantFrom([META], [OTHER], [OTHER, META], [{ id: 'origin', params: [] }])),
  })
  .map(({ hostname, port, structured_data }): Draft => {
    const source = { ...SOURCE, port };
    return { source, ...(hostname !== null && { hostname }), ...(structured_data !== null && { structured_data }) };
  });

function groupsOf(batch: MessageBatch): { readonly rows: number[]; readonly counts: [number, number][] } {
  const rows = new RowGroups().group(batch);
  return {
    rows: Array.from(rows.groupOf.subarray(0, batch.count)),
    counts: Array.from({ length: rows.groups }, (_, group) => [rows.firsts[group]!, rows.counts[group]!]),
  };
}

test('rows of one source and host are one group, named by its first row', () => {
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 60 }), (drafts) => {
      const { rows, counts } = groupsOf(batchOf(drafts, { inMemory: true }));
      const known = new Map<string, number>();
      const expected: [number, number][] = [];
      const numbers = drafts.map(({ source, hostname }, row) => {
        const key = `${source!.port} ${hostname === undefined ? 'absent' : `"${hostname}"`}`;
        if (!known.has(key)) known.set(key, expected.push([row, 0]) - 1);
        expected[known.get(key)!]![1]++;
        return known.get(key)!;
      });
      assert.deepEqual(rows, numbers);
      assert.deepEqual(counts, expected);
    }),
  );
});

test('numbered() includes each row with a meta element', () => {
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 60 }), fc.boolean(), (drafts, inMemory) => {
      const found = [...new RowGroups().group(batchOf(drafts, { inMemory })).numbered()];
      const wanted = drafts.flatMap(({ structured_data }, row) => (structured_data?.includes(META) ? [row] : []));
      assert.deepEqual(
        wanted.filter((row) => !found.includes(row)),
        [],
      );
      assert.deepEqual(
        found,
        [...new Set(found)].sort((a, b) => a - b),
      );
    }),
  );
});

test('a full batch of different hosts makes as many groups, and the next batch starts from none', () => {
  const drafts = Array.from({ length: 4096 }, (_, index): Draft => ({ hostname: `forged-${index}-of-some-length` }));
  const batch = batchOf(drafts, { inMemory: true });
  const rows = new RowGroups();
  for (let time = 0; time < 2; time++) {
    rows.group(batch);
    assert.equal(rows.groups, 4096);
    assert.ok(rows.counts.every((count) => count === 1));
  }
  assert.equal(rows.group(batchOf([{}, {}], { inMemory: true })).groups, 1);
});

test('in a batch outside of WebAssembly memory each row is a group', () => {
  assert.deepEqual(groupsOf(batchOf([{ hostname: 'a' }, { hostname: 'a' }])), {
    rows: [0, 1],
    counts: [
      [0, 1],
      [1, 1],
    ],
  });
});

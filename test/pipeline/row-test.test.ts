import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../src/model/filter.ts';
import { matches } from '../../src/model/matches.ts';
import { compileRows } from '../../src/pipeline/row-test.ts';
import { StageRows } from '../../src/pipeline/stage-rows.ts';
import { parseQuery } from '../../src/query/index.ts';
import { draft, filter } from '../support/arbitraries.ts';
import { batchOf, type Draft, messagesOf } from '../support/batches.ts';
import fc from '../support/fc.ts';

const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 20;

function rowsMatching(each: Filter, drafts: readonly Draft[]): boolean[] {
  const rows = new StageRows(batchOf(drafts));
  const testRow = compileRows(each);
  return drafts.map((_, row) => testRow(rows, row));
}

test('law: a test of rows agrees with a test of messages', () => {
  const law = fc.property(filter, fc.array(draft, { minLength: 1, maxLength: 12 }), (each, drafts) => {
    const want = messagesOf(batchOf(drafts)).map((message) => matches(each, message));
    assert.deepEqual(rowsMatching(each, drafts), want);
  });
  fc.assert(law, { numRuns: RUNS });
});

const DRAFTS: readonly Draft[] = [
  { message: 'Kelvin stands here', hostname: 'web1', appname: 'sshd', severity: 3, facility: 4 },
  { message: '\u212aelvin \u017ftands here', hostname: 'WEB1', severity: 7 },
  { message: 'akelvin', hostname: 'web-1', flags: ['clock_skew', 'no_pri'] },
  { hostname: 'h'.repeat(80), format: 'unknown', structured_data: [{ id: 'a', params: [{ name: 'b', value: 'c' }] }] },
  { bytes: Buffer.from([0x6b, 0xff, 0x4b, 0x45, 0x4c, 0x56, 0x49, 0x4e]), fields: [{ name: 'n', value: 7 }] },
];

for (const [query, want] of [
  ['kelvin', [0, 1, 4]],
  ['*kelvin*', [0, 1, 2, 4]],
  ['"stands here"', [0, 1]],
  ['message:/[Kk]elvin/', [0, 2]],
  ['hostname:web1', [0, 1]],
  ['hostname:web*', [0, 1, 2]],
  ['NOT hostname:web*', [3, 4]],
  [`hostname:${'h'.repeat(80)}`, [3]],
  ['severity:<=err', [0]],
  ['severity:debug OR facility:auth', [0, 1]],
  ['flags:no_pri', [2]],
  ['format:unknown', [3]],
  ['sd.a.b:c', [3]],
  ['NOT sd.a.b:c', [0, 1, 2, 4]],
  ['fields.n:7', [4]],
  ['source.ip:192.0.2.7 appname:*', [0]],
  ['source.listener:tcp9', []],
  ['', [0, 1, 2, 3, 4]],
] as const) {
  test(`${query || 'an empty query'} matches rows ${want.join(', ')}`, () => {
    const found = rowsMatching(parseQuery(query, { now: 0 }), DRAFTS);
    assert.deepEqual(
      found.flatMap((yes, row) => (yes ? [row] : [])),
      want,
    );
  });
}

test('a row that a stage has changed is tested again', () => {
  const rows = new StageRows(batchOf([{ message: 'one', structured_data: [{ id: 'a', params: [] }] }], { room: 100 }));
  const has = compileRows(parseQuery('sd.a:*', { now: 0 }));
  const word = compileRows(parseQuery('two', { now: 0 }));
  assert.deepEqual([has(rows, 0), word(rows, 0)], [true, false]);
  rows.replace(0, 5, Buffer.from('two'));
  rows.remove(0, 4);
  assert.deepEqual([has(rows, 0), word(rows, 0)], [false, true]);
});

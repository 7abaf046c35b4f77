import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { packProcids, unpackProcids } from '../../../src/store/blocks/format/procids.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 40);

/** Numbers in order of first appearance. */
function numbered(values: readonly number[]): Int32Array {
  const known = new Map<number, number>();
  return Int32Array.from(values, (value) => {
    if (!known.has(value)) known.set(value, known.size);
    return known.get(value)!;
  });
}

const places = fc.array(fc.record({ host: fc.nat(3), procid: fc.nat(6), ends: fc.boolean() }), { minLength: 1 });

test('process ids come back from their codes', () => {
  fc.assert(
    fc.property(places, (all) => {
      const ids = numbered(all.map(({ procid }) => procid));
      const programs = [...all.flatMap(({ ends }, place) => (ends ? [place + 1] : [])), all.length];
      const origins = { hosts: all.map(({ host }) => host), programs };
      const codes = ids.slice();
      packProcids(codes, origins);
      assert.deepEqual(unpackProcids(Uint16Array.from(codes), origins), Uint16Array.from(ids));
    }),
    { numRuns: RUNS },
  );
});

test('the same process id of a host and program takes the code 0, also between those of others', () => {
  const ids = numbered([70, 71, 70, 71, 70, 72, 70]);
  packProcids(ids, { hosts: [0, 1, 0, 1, 0, 0, 0], programs: [5, 7] });
  assert.deepEqual([...ids], [1, 1, 0, 0, 0, 1, 2]);
});

test('a code that refers to no message before it, and programs of other places, are damage', () => {
  assert.throws(
    () => unpackProcids(Uint16Array.of(0), { hosts: [0], programs: [1] }),
    /^Error: damaged block: a process id/,
  );
  assert.throws(
    () => unpackProcids(Uint16Array.of(1, 1), { hosts: [0, 0], programs: [1] }),
    /^Error: damaged block: the programs/,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeId, lastIdOf } from '../../../src/model/id.ts';
import type { Query } from '../../../src/model/query.ts';
import { type IdRange, idRangeOf, ofNode, splitIdRange } from '../../../src/store/mongo/id-range.ts';

const id = (at: number, node: number, sequence = 0): string => encodeId(at, node, sequence);
const query = (rest: Partial<Query>): Query => ({ filter: { kind: 'all' }, order: 'oldest', ...rest });
/** Whether an id lies within a range, by definition. */
const holds = ({ low = '', high = 'g', except }: IdRange, given: string): boolean =>
  given >= low &&
  given < high &&
  !except.some(({ node, below, from }) => {
    if (Number.parseInt(given.slice(12, 16), 16) !== node) return false;
    return below !== undefined ? given < below : given >= from!;
  });

test('a time window becomes a range of ids', () => {
  assert.deepEqual(idRangeOf(query({ since: 5.5, until: 9 }), []), { low: id(6, 0), high: id(9, 0), except: [] });
  assert.deepEqual(idRangeOf(query({ since: 5 }), [], 7), { low: id(7, 0), except: [] });
  assert.deepEqual(idRangeOf(query({}), []), { except: [] });
});

test('with one node, a cursor bounds the range', () => {
  const range = idRangeOf(query({ after: [id(5, 1, 7)], upTo: [id(9, 1, 20)] }), [1]);
  assert.deepEqual(range, { low: id(5, 1, 8), high: id(9, 1, 21), except: [] });
});

test('a node with nothing new does not widen the range', () => {
  const [old, gone] = [id(5, 2, 7), lastIdOf(3)];
  const cursor = { after: [id(900, 1, 50), old, gone], upTo: [id(950, 1, 60), old, gone] };
  const range = idRangeOf(query(cursor), [1, 2, 3]);
  assert.equal(range.low, id(900, 1, 51));
  assert.ok(holds(range, id(920, 1, 55)));
  assert.ok(!holds(range, id(951, 2, 8)));
});

test('a node that the cursor does not name is read from its start', () => {
  const range = idRangeOf(query({ after: [id(900, 1, 50)] }), [1, 2]);
  assert.equal(range.low, undefined);
  assert.ok(holds(range, id(3, 2)) && !holds(range, id(3, 1)) && holds(range, id(901, 1, 1)));
});

test('a split range has the same ids, and tests nodes only in its outer parts', () => {
  const cursor = { after: [id(100, 1, 5), id(120, 2, 5)], upTo: [id(980, 1, 9), id(970, 2, 9), id(400, 3, 1)] };
  const windows = [
    idRangeOf(query(cursor), [1, 2, 3]),
    idRangeOf(query({ upTo: cursor.upTo.slice(0, 2) }), [1, 2]),
    idRangeOf(query({ after: cursor.after }), [1, 2]),
    idRangeOf(query({ since: 50, until: 990 }), [1, 2]),
  ];
  for (const range of windows) {
    const parts = splitIdRange(range);
    assert.ok(parts.length === 1 || parts.some(({ except }) => except.length === 0));
    for (let at = 0; at < 1000; at++) {
      for (const node of [1, 2, 3]) {
        const times = parts.filter((part) => holds(part, id(at, node, 5))).length;
        assert.equal(times, holds(range, id(at, node, 5)) ? 1 : 0, `${at} of ${node}`);
      }
    }
  }
});

test('a condition on a node tests its 16 bits', () => {
  assert.deepEqual(ofNode(0x0102), {
    $bitsAllSet: [57, 48],
    $bitsAllClear: [56, 58, 59, 60, 61, 62, 63, 49, 50, 51, 52, 53, 54, 55],
  });
});

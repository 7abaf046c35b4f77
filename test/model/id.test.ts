import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { decodeId, encodeId, firstIdAt, idOf } from '../../src/model/id.ts';

const position = fc.record(
  {
    receivedAt: fc.nat({ max: 2 ** 48 - 1 }),
    node: fc.nat({ max: 65535 }),
    sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  },
  { noNullPrototype: true },
);

test('decodeId inverts encodeId', () => {
  fc.assert(fc.property(position, (each) => assert.deepEqual(decodeId(idOf(each)), each)));
  assert.equal(encodeId(1, 2, 3), '00000000000100020000000000000003');
});

test('ids sort by time, then node, then sequence', () => {
  const law = fc.property(position, position, (a, b) => {
    const want = a.receivedAt - b.receivedAt || a.node - b.node || a.sequence - b.sequence;
    assert.equal(Math.sign(want), idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0);
  });
  fc.assert(law);
});

test('decodeId returns undefined for other texts', () => {
  for (const text of ['', 'x'.repeat(32), '0'.repeat(31), '0'.repeat(33), 'A'.repeat(32)]) {
    assert.equal(decodeId(text), undefined, text);
  }
});

test('bounds of time are clamped to the range of ids', () => {
  assert.equal(firstIdAt(-5), '0'.repeat(32));
  assert.equal(firstIdAt(0.5), encodeId(1, 0, 0));
  assert.equal(firstIdAt(1e300), `${'f'.repeat(12)}${'0'.repeat(20)}`);
});

test('only model/id.ts takes ids apart', () => {
  const source = join(import.meta.dirname, '../../src');
  const parsing =
    /parseInt\([^;]*\.(?:slice|substring|substr)\(|\.(?:slice|substring|substr)\((?:0, 12|12, 16|16, 32)\)/;
  const files = globSync('**/*.ts', { cwd: source }).filter((file) => file !== join('model', 'id.ts'));
  assert.deepEqual(
    files.filter((file) => parsing.test(readFileSync(join(source, file), 'utf8'))),
    [],
  );
});

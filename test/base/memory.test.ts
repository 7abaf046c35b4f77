import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseMemory } from '../../src/base/memory.ts';

test('memory is released only if the bytes are all of their buffer', () => {
  const whole = new Uint8Array(8);
  releaseMemory(whole);
  assert.equal(whole.length, 0);

  const shared = new Uint8Array(8).fill(1);
  releaseMemory(shared.subarray(0, 4));
  assert.deepEqual([...shared], Array(8).fill(1));

  const pooled = Buffer.from('a');
  const neighbour = Buffer.from('b');
  releaseMemory(pooled);
  assert.equal(neighbour.toString(), 'b');
});

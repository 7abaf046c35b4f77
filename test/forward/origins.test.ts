import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Origins } from '../../src/forward/lane/origins.ts';
import type { ForwardWorld } from '../../src/forward/world.ts';
import { nonceOfFrom } from '../../src/relay/index.ts';

async function originsOf(nonces: readonly (readonly [number, string])[]): Promise<Origins> {
  const origins = new Origins({ nonces: async () => new Map(nonces) } as unknown as ForwardWorld, 'central');
  await origins.read();
  return origins;
}

test('no node has the same origin as one of another server, also if it has no nonce', async () => {
  const nodes = [1, 2, 3];
  const one = await originsOf([
    [1, '5f0c'],
    [2, 'beside/1'],
  ]);
  const other = await originsOf([
    [1, '77aa'],
    [2, 'beside/1'],
  ]);
  const all = [one, other].flatMap((origins) => nodes.map((node) => origins.ofNode(node)));
  assert.deepEqual(all, [
    '5f0c/central',
    '5f0c-2/central',
    '5f0c-3/central',
    '77aa/central',
    '77aa-2/central',
    '77aa-3/central',
  ]);
  assert.deepEqual([...new Set(all.map(nonceOfFrom))], ['5f0c', '77aa'], 'a loop is noticed by the nonce');
});

test('without any nonce, nothing is forwarded', async () => {
  await assert.rejects(originsOf([[2, 'beside/1']]), /no node of the store has a nonce/);
});

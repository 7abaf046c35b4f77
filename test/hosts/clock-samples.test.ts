import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostsWorld } from '../../src/hosts/contract.ts';
import { ClockSampler } from '../../src/hosts/clock-samples.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { batchOf, type Draft, messagesOf } from '../support/batches.ts';

/** How many messages of a store full of such ones a pass over a minute reads. */
async function readOf(draft: Draft): Promise<number> {
  let read = 0;
  const twenty = messagesOf(batchOf(Array(20).fill({ hostname: 'db1', ...draft })));
  async function* find({ limit }: { limit?: number }): AsyncGenerator<readonly LogMessage[]> {
    while (read < limit!) {
      read += twenty.length;
      yield twenty;
    }
  }
  const world = {
    store: { find },
    zones: { hosts: { list: async () => [] }, of: () => 'UTC' },
  } as unknown as HostsWorld;
  const { samples, listeners } = await new ClockSampler(world).sample({}, ['db1'], Date.now());
  assert.equal(listeners[0]![0], 'db1');
  assert.ok(Array.isArray(samples));
  return read;
}

test('two thousand common messages of a minute are sampled for clocks, of large ones some megabytes', async () => {
  assert.equal(await readOf({ message: 'a common line' }), 2000);
  assert.equal(await readOf({ message: 'x'.repeat(60_000) }), 80);
  const structured_data = [{ id: 'a@1', params: [{ name: 'n', value: 'x'.repeat(60_000) }] }];
  assert.equal(await readOf({ message: '', structured_data }), 80);
});

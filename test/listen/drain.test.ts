import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lingered, type Senders } from '../../src/listen/drain.ts';

/** How long a stop waits for such senders, ms. */
async function waited(senders: Partial<Senders>, signal = new AbortController().signal): Promise<number> {
  const began = performance.now();
  await lingered({ received: () => 0, isDone: () => false, isHeldBack: () => false, ...senders }, signal);
  return performance.now() - began;
}

test('a stop waits for senders while they send, go, or are held back by us, and not for ever', async () => {
  let count = 0;
  const [gone, silent, sending, heldBack, aborted] = await Promise.all([
    waited({ isDone: () => true }),
    waited({}),
    waited({ received: () => count++ }),
    waited({ isHeldBack: () => true }),
    waited({ isHeldBack: () => true }, AbortSignal.timeout(300)),
  ]);
  assert.ok(gone < silent && silent < sending && sending < heldBack, `${gone} ${silent} ${sending} ${heldBack}`);
  assert.ok(aborted < heldBack, `${aborted} ${heldBack}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neverAborted } from '../../../src/base/abort.ts';
import { untilSendersStop, type Senders } from '../../../src/listen/shared/quiet.ts';

/** How long a closing listener waits for such senders, ms. */
async function waited(senders: Partial<Senders>, signal = neverAborted()): Promise<number> {
  const began = performance.now();
  await untilSendersStop({ received: () => 0, isDone: () => false, isHeldBack: () => false, ...senders }, signal);
  return performance.now() - began;
}

test('a closing listener waits while senders send or are held back, but not forever', async () => {
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

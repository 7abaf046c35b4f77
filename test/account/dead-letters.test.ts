import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Accounting } from '../../src/account/accounting.ts';
import { accountCounters } from '../../src/account/counters.ts';
import { Counters } from '../../src/base/counters.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { batchOf, EPOCH } from '../support/batches.ts';

test('each dead letter is counted at once, for metrics and alerts', () => {
  const counters = new Counters(accountCounters(['tcp0']));
  const now = (): number => EPOCH;
  const accounting = new Accounting({ state: () => memoryState(now), node: 1, counters, now, lastEarlier: 0 });
  const batch = batchOf([{}, {}, {}]);
  accounting.deadLettered(batch, 0);
  accounting.deadLettered(batch, 2);
  assert.equal(counters.get('writer.dead_letters'), 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestFacts } from '../../src/ask/digest-facts.ts';
import { FORWARD } from '../../src/forward/contract.ts';
import { MINUTE, World } from './world.ts';

test('a digest says what was not forwarded, and which destination cannot be reached', async () => {
  const world = new World();
  const { now } = world;
  world.gaps = [
    { from: now - 2 * MINUTE, to: now - MINUTE, reason: 'not_forwarded', listener: 'siem', count: 30 },
    { from: now - MINUTE, to: now, reason: 'not_forwarded', listener: 'siem', count: 12 },
  ];
  const failure = { at: now, since: now - 10 * MINUTE, reason: 'connection refused' };
  const status = { kind: 'relp', to: ['siem:2514'], failure, waiting: 1200, rate: 0, at: now, node: 1 };
  const state = world.state(FORWARD);
  await state.put('siem', { cursor: '', sent: { 1: 5 }, lost: 42, cut: 0, dead: 0, status }, 0);
  const { reasons, faults } = await digestFacts(() => world.context).drops({ from: now - 60 * MINUTE, to: now });
  assert.deepEqual(reasons, [{ reason: 'not forwarded to siem', count: 42 }]);
  assert.deepEqual(faults, ['not forwarded to siem for 10m, 1,200 messages wait at most: connection refused']);
});

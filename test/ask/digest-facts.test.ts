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

test('a digest says which destination will lose messages within a week', async () => {
  const world = new World();
  const { now } = world;
  const status = { kind: 'relp', to: ['siem:2514'], waiting: 1200, rate: 0, at: now, node: 1 };
  const state = world.state(FORWARD);
  const put = async (name: string, losesAt: number, more = {}) => {
    const row = { cursor: '', sent: {}, lost: 0, cut: 0, dead: 0, status: { ...status, losesAt, ...more } };
    await state.put(name, row, 0);
  };
  await put('late', now + 8 * 24 * 60 * MINUTE);
  await put('now', now - MINUTE);
  await put('removed', now + MINUTE, { removedAt: now });
  await put('siem', now + 90 * MINUTE);
  const { faults } = await digestFacts(() => world.context).drops({ from: now - 60 * MINUTE, to: now });
  assert.deepEqual(faults.toSorted(), [
    'now loses messages now if it goes on like this: retention deletes what waits for it',
    'siem loses messages in 1h 30m if it goes on like this: retention deletes what waits for it',
  ]);
});

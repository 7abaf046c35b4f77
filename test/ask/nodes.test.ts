import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeReport } from '../../src/cluster/contract.ts';
import { World } from './world.ts';

const report = (change: Partial<NodeReport>): NodeReport => ({
  node: 1,
  host: 'log1',
  version: '1.0.0',
  startedAt: 0,
  heartbeatAt: 0,
  every: 2000,
  stopped: false,
  counters: {},
  ...change,
});

test('a node is running while it reports, silent afterwards, and stopped after a clean stop', async () => {
  const world = new World();
  const ago = (ms: number) => world.now - ms;
  world.reports = [
    report({ heartbeatAt: ago(29_000) }),
    report({ node: 2, heartbeatAt: ago(31_000) }),
    report({ node: 3, heartbeatAt: ago(31_000), stopped: true }),
    report({ node: 4, heartbeatAt: ago(170_000), every: 60_000 }),
  ];
  const { rows } = await world.get('nodes', {});
  const states = (rows as { state: string }[]).map(({ state }) => state);
  assert.deepEqual(states, ['running', 'silent', 'stopped', 'running']);
});

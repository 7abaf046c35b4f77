import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHeartbeat } from '../../src/cluster/heartbeat.ts';
import { SILENT } from '../../src/base/log.ts';
import type { NodeReport } from '../../src/cluster/contract.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { readReports } from '../../src/cluster/nodes.ts';
import { until } from '../support/until.ts';
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

test('a heartbeat tells the store, goes on after a failure, and says goodbye', async () => {
  const kept = memoryState(Date.now);
  let failing = true;
  let tries = 0;
  const state = {
    ...kept,
    put: async (...args: Parameters<typeof kept.put>) => {
      tries++;
      if (failing) throw new Error('it is away');
      return kept.put(...args);
    },
  };
  let count = 0;
  const { every: _, stopped: __, ...rest } = report({});
  const say = () => ({ ...rest, heartbeatAt: ++count });
  const heartbeat = startHeartbeat({ state, report: say, every: 5, log: SILENT });
  await until('two tries', () => tries >= 2);
  assert.deepEqual(await readReports(kept), []);
  failing = false;
  const first = await until('a report', async () => (await readReports(kept))[0]);
  const later = await until('another', async () => {
    const [seen] = await readReports(kept);
    return seen!.revision !== first.revision && seen;
  });
  assert.equal(later.report.stopped, false);
  await heartbeat[Symbol.asyncDispose]();
  const [last] = await readReports(kept);
  assert.equal(last!.report.stopped, true);
});

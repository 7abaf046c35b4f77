import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SILENT } from '../../src/base/log.ts';
import { startHeartbeat } from '../../src/cluster/heartbeat.ts';
import { readReports } from '../../src/cluster/nodes.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { until } from '../support/until.ts';

const report = () => ({ node: 3, host: 'h', version: '0', startedAt: 1, heartbeatAt: 2, counters: {} });

test('a node reports at once and regularly, and as stopped when it ends', async () => {
  const state = memoryState(() => 0);
  const heartbeat = startHeartbeat({ state, report, every: 5, log: SILENT });
  await until('the first report', async () => (await readReports(state)).length === 1);
  const [first] = await readReports(state);
  assert.deepEqual(first!.report, { ...report(), every: 5, stopped: false });
  await until('another report', async () => (await readReports(state))[0]!.revision !== first!.revision);
  await heartbeat[Symbol.asyncDispose]();
  assert.equal((await readReports(state))[0]!.report.stopped, true);
});

test('a node that cannot report logs it once, and logs when it can again', async () => {
  const state = memoryState(() => 0);
  const logged: string[] = [];
  const write = (text: unknown): void => void logged.push(String(text));
  let failures = 0;
  const flaky: typeof state = {
    ...state,
    put: async (...given) => {
      if (failures++ < 3) throw new Error('no primary');
      return await state.put(...given);
    },
  };
  const log = { ...SILENT, warn: write, info: write };
  await using _heartbeat = startHeartbeat({ state: flaky, report, every: 1, log });
  await until('a report', async () => (await readReports(state)).length === 1);
  await until('the recovery in the log', () => logged.length === 2);
  assert.deepEqual(logged, [
    'cannot report this node to the store: no primary; trying again',
    'node reports reach the store again',
  ]);
});

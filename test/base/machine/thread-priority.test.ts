import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { until } from '../../support/until.ts';

/** Priorities of all threads of this process: field 19 of proc_pid_stat(5). */
function priorities(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[16]);
  });
}

test('a thread lets others go first, and changes the priority of none of them', async () => {
  const file = new URL('../../../src/base/machine/thread-priority.ts', import.meta.url).href;
  const code = `import(${JSON.stringify(file)}).then(({ lowerThreadPriority }) => {
    lowerThreadPriority(5);
    setInterval(() => {}, 1000);
  });`;
  const own = getPriority();
  const before = priorities();
  const worker = new Worker(code, { eval: true });
  await until('the thread to be lower', () => priorities().some((priority) => priority === own + 5));
  assert.equal(priorities().filter((priority) => priority === own + 5).length, 1);
  assert.equal(getPriority(), own);
  assert.equal(priorities().filter((priority) => priority === own).length >= before.length, true);
  await worker.terminate();
});

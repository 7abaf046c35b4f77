import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const MODULE = new URL('../../src/process/background.ts', import.meta.url).href;
/** A thread that tells its nice(2) value: proc_pid_stat(5), after the name, which may contain blanks. */
const THREAD = `
  import { readFileSync } from 'node:fs';
  import { parentPort } from 'node:worker_threads';
  import { runInBackground } from ${JSON.stringify(MODULE)};
  const nice = () => Number(readFileSync('/proc/thread-self/stat', 'utf8').replace(/^.*\\) /s, '').split(' ')[16]);
  const before = nice();
  runInBackground();
  parentPort.postMessage([before, nice()]);
`;

test('a thread in the background has a lower priority, and the others keep theirs', {
  skip: !existsSync('/proc/thread-self') && 'threads have no priorities here',
}, async () => {
  const own = getPriority();
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`));
  const [[before, after]] = await once(worker, 'message');
  assert.deepEqual([before, after], [own, own + 5]);
  assert.equal(getPriority(), own);
  await once(worker, 'exit');
});

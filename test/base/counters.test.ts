import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Counters } from '../../src/base/counters.ts';

test('counters count up, are set, and are all in the snapshot', () => {
  const counters = new Counters(['spool.records', 'listen.tcp0.dropped.oversize']);
  counters.counter('spool.records').add();
  counters.counter('spool.records').add(4);
  counters.counter('listen.tcp0.dropped.oversize').set(2 ** 40);
  assert.equal(counters.get('spool.records'), 5);
  assert.deepEqual(counters.snapshot(), { 'spool.records': 5, 'listen.tcp0.dropped.oversize': 2 ** 40 });
});

test('an unknown counter is an error', () => {
  assert.throws(() => new Counters(['a']).counter('b'), /there is no counter b/);
});

test('counters may be empty', () => assert.deepEqual(new Counters([]).snapshot(), {}));

test('counters are shared with another thread', async () => {
  const counters = new Counters(['main.x', 'writer.x']);
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ Counters }) => Counters.from(workerData.shared).counter('writer.x').add(7));`;
  const module = new URL('../../src/base/counters.ts', import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { module, shared: counters.share() } });
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  assert.deepEqual(counters.snapshot(), { 'main.x': 0, 'writer.x': 7 });
});

test('counters that are added later are shared with a thread that adds their names', () => {
  const counters = new Counters(['a']);
  const other = Counters.from(counters.share());
  counters.add(['b', 'a', 'c']);
  counters.counter('c').add(3);
  assert.throws(() => other.get('c'), RangeError);
  other.add(counters.names);
  assert.deepEqual(other.snapshot(), { a: 0, b: 0, c: 3 });
  assert.throws(
    () => counters.add(Array.from({ length: 5000 }, (_, index) => `more${index}`)),
    /cannot add the counter/,
  );
});

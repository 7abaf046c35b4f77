import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health, type HealthParts } from '../../src/ingest/health.ts';
import { allAnswer } from '../../src/process/thread.ts';
import { Counters } from '../../src/base/counters.ts';
import { SILENT } from '../../src/base/log.ts';
import { VisibleCell } from '../../src/model/visible.ts';
import type { OpenSpool } from '../../src/spool/index.ts';

/** What health looks at, with an earlier run that left messages up to number 7. */
function world(spool: { failed?: string; full?: boolean } = {}): HealthParts {
  const recovered = { lastSequence: 7 };
  return {
    spool: { failed: undefined, full: false, recovered, ...spool } as unknown as OpenSpool,
    counters: new Counters(['writer.failing']),
    visible: new VisibleCell(),
    waiting: () => undefined,
  };
}
const REPLAYED = { receivedAt: 5, node: 1, sequence: 7 };

test('health names each reason why the server is not ready, as long as it applies', () => {
  const parts = world();
  using health = new Health(parts);
  assert.deepEqual(health.unready, ['messages of an earlier run are still being stored']);
  parts.visible.publish(REPLAYED);
  assert.deepEqual(health.unready, []);
  parts.counters.counter('writer.failing').set(1);
  assert.deepEqual(health.unready, ['the store refuses messages: they wait in the spool']);
  for (const [spool, reason] of [
    [{ full: true }, 'the spool is full: its messages are not stored yet'],
    [{ full: true, failed: 'ENOSPC' }, 'cannot write to the spool: ENOSPC'],
  ] as const) {
    const other = world(spool);
    other.visible.publish(REPLAYED);
    using sick = new Health(other);
    assert.deepEqual(sick.unready, [reason]);
  }
  using early = new Health({ ...parts, waiting: () => 'the store does not answer' });
  assert.equal(early.unready[0], 'the store does not answer');
});

test('onReplayed calls back once the replay is done, and never after disposal', async () => {
  const parts = world();
  using health = new Health(parts);
  const replayed = new Promise<void>((resolve) => health.onReplayed(resolve));
  parts.visible.publish({ ...REPLAYED, sequence: 6 });
  assert.equal(health.isReplayed, false);
  parts.visible.publish(REPLAYED);
  await replayed;
  assert.equal(health.isReplayed, true);
});

test('passing time moves the visible position forward only, without waking readers', async () => {
  const cell = new VisibleCell();
  cell.advance(10, 3);
  assert.deepEqual(cell.position, { receivedAt: 10, node: 3, sequence: 0 });
  cell.publish({ receivedAt: 20, node: 3, sequence: 5 });
  const woken = cell.changed(cell.version, 200).then(() => 'woken');
  cell.advance(15, 3);
  assert.deepEqual(cell.position, { receivedAt: 20, node: 3, sequence: 5 });
  cell.advance(30, 3);
  assert.deepEqual(cell.position, { receivedAt: 30, node: 3, sequence: 5 });
  assert.equal(await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 20, 'asleep'))]), 'asleep');
});

test('the cluster time is never older than the position that was published with it', () => {
  const cell = new VisibleCell();
  assert.equal(cell.clusterTime, 0n);
  cell.publish({ receivedAt: 20, node: 3, sequence: 5 }, 2n ** 62n);
  cell.publish({ receivedAt: 30, node: 3, sequence: 6 }, 7n);
  cell.publish({ receivedAt: 40, node: 3, sequence: 7 });
  assert.equal(new VisibleCell(cell.memory).clusterTime, 2n ** 62n);
});

test('a server is alive while every thread answers', async () => {
  const thread = (name: string, answer: boolean) => ({ name, answers: async () => answer });
  const said: string[] = [];
  const log = { ...SILENT, error: (_: unknown, text?: string) => void said.push(text ?? '') };
  assert.equal(await allAnswer([thread('a', true), thread('b', true)], { ms: 1000, log }), true);
  assert.equal(await allAnswer([thread('a', true), thread('b', false)], { ms: 1000, log }), false);
  assert.deepEqual(said, ['the b thread does not answer (waited 1 s)']);
});

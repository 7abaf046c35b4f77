import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HalfFrames } from '../../../src/listen/stream/half-frames.ts';
import { TcpSender } from '../../support/senders.ts';
import { until } from '../../support/until.ts';
import { listen } from '../harness.ts';

test('the oldest unfinished message is found when all together exceed the limit', () => {
  const halfFrames = new HalfFrames<string>(100);
  halfFrames.set('a', 40, true);
  halfFrames.set('b', 40, true);
  halfFrames.set('a', 50, false);
  assert.deepEqual([halfFrames.sum, halfFrames.excess], [90, undefined]);
  halfFrames.set('c', 20, true);
  assert.equal(halfFrames.excess, 'a');
  halfFrames.set('a', 41, true);
  assert.equal(halfFrames.excess, 'b', 'a has begun another message');
  halfFrames.set('b', 0, false);
  assert.deepEqual([halfFrames.sum, halfFrames.excess], [61, undefined]);
  for (const owner of ['a', 'b', 'c']) halfFrames.set(owner, 0, false);
  assert.equal(halfFrames.sum, 0);
});

test('unfinished messages of all connections stay within 64 MiB', async () => {
  await using harness = await listen('tcp', { settings: { max_frame: '256KiB', half_frame_timeout: '5m' } });
  const hoarders: TcpSender[] = [];
  for (let index = 0; index < 270; index++) {
    const hoarder = await TcpSender.connect(harness.address);
    hoarders.push(hoarder);
    await hoarder.write(Buffer.alloc(300 << 10, 'x'));
  }
  await until('the oldest to be closed', () => harness.counter('connections.closed.half_frames') > 0);
  await hoarders[0]!.closed();
  await using good = await TcpSender.connect(harness.address);
  await good.write('<13>hello\n');
  await until('the message', () => harness.spool.texts().includes('<13>hello'));
  assert.ok(harness.counter('connections.closed.half_frames') < 30);
  for (const hoarder of hoarders) hoarder.socket.destroy();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpSender } from '../../support/senders.ts';
import { until } from '../../support/until.ts';
import { listen } from '../harness.ts';

const MIB = 1 << 20;
const LINE = `<13>${'x'.repeat(200)}`;

function* numbered(count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield `${LINE} ${index}`;
}

/** Waits until a value has not changed for a while, and returns it. */
async function steady(read: () => number): Promise<number> {
  let last = -1;
  let since = Date.now();
  await until('reading to stop', () => {
    if (read() !== last) {
      last = read();
      since = Date.now();
    }
    return Date.now() - since > 300;
  });
  return last;
}

test('reading stops at the limit while the disk hangs, and everything arrives afterwards', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.hold();
  const count = 150_000;
  const sent = sender.sendLines(numbered(count));
  await until('the pause', () => harness.counter('paused.window') === 1);
  const read = await steady(() => harness.spool.waitingBytes);
  assert.ok(read > 4 * MIB && read < 5 * MIB, `${read} bytes were read`);
  harness.spool.release();
  await sent;
  await until('all messages', () => harness.spool.stored.length === count);
  assert.deepEqual(harness.spool.texts(), [...numbered(count)]);
});

test('reading stops while the spool is full, and everything arrives once it has room', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.full = true;
  const count = 100_000;
  const sent = sender.sendLines(numbered(count));
  await until('the pause', () => harness.counter('paused.spool_full') === 1);
  const read = await steady(() => harness.counter('received.bytes'));
  assert.ok(read <= MIB, `${read} bytes were read`);
  harness.spool.drain();
  await sent;
  await until('all messages', () => harness.spool.stored.length === count);
  assert.deepEqual(harness.spool.texts(), [...numbered(count)]);
});

test('no message is lost or repeated when the spool fills up again and again', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  const count = 50_000;
  const sent = sender.sendLines(numbered(count));
  for (let round = 0; harness.spool.stored.length < count; round++) {
    harness.spool.full = round % 2 === 0;
    if (!harness.spool.full) harness.spool.drain();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await sent;
  assert.deepEqual(harness.spool.texts(), [...numbered(count)]);
});

test('all connections together stop at the budget, and resume when it is free', async () => {
  await using harness = await listen('tcp', { budgetBytes: MIB });
  const senders = await Promise.all(Array.from({ length: 20 }, () => TcpSender.connect(harness.address)));
  harness.spool.hold();
  const count = 4000;
  const sent = Promise.all(senders.map((sender) => sender.sendLines(numbered(count))));
  await until('a pause', () => harness.counter('paused.budget') > 0);
  const read = await steady(() => harness.spool.waitingBytes);
  assert.ok(read < MIB + 20 * 128 * 1024, `${read} bytes were read`);
  harness.spool.release();
  await sent;
  await until('all messages', () => harness.spool.stored.length === 20 * count);
  assert.equal(harness.listener.stats().kind, 'tcp');
  for (const sender of senders) sender.socket.destroy();
});

test('messages that were read before a reset are stored once the full spool has room', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.full = true;
  await sender.write('<1>a\n<2>b\n');
  await until('both', () => harness.counter('received.frames') === 2);
  await sender.reset();
  harness.spool.drain();
  await until('both', () => harness.spool.stored.length === 2);
  await until('the session to be closed', () => harness.spool.closed.length === 1);
});

test('messages in the socket of a paused connection survive a reset by the sender', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.full = true;
  await sender.write('<1>a\n');
  await until('the pause', () => harness.counter('paused.spool_full') === 1);
  await sender.write('<2>b\n');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await sender.reset();
  harness.spool.drain();
  await until('the session to be closed', () => harness.spool.closed.length === 1);
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b']);
});

test('a shutdown that times out counts the messages that the spool refused', async () => {
  const harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.full = true;
  await sender.write('<1>a\n<2>b\n');
  await until('both', () => harness.counter('received.frames') === 2);
  await harness.listener.close(AbortSignal.timeout(100));
  assert.equal(harness.counter('dropped.shutdown'), 2);
  await sender.closed();
});

test('a shutdown that times out leaves accepted messages to the spool', async () => {
  const harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.hold();
  await sender.write('<1>a\n<2>b\n');
  await until('both', () => harness.spool.waitingBytes > 0 && harness.counter('received.frames') === 2);
  await harness.listener.close(AbortSignal.timeout(100));
  assert.equal(harness.counter('dropped.shutdown'), 0);
  await sender.closed();
  harness.spool.release();
  await until('both to be stored', () => harness.spool.stored.length === 2);
});

test('a shutdown reads what is left in the socket of a paused connection', async () => {
  const harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.full = true;
  await sender.write('<1>a\n');
  await until('the pause', () => harness.counter('paused.spool_full') === 1);
  await sender.write('<2>b\n');
  const closed = harness.listener.close();
  harness.spool.drain();
  await closed;
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b']);
});

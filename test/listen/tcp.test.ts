import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpSender } from '../support/senders.ts';
import { until } from '../support/until.ts';
import { conformance } from './conformance.ts';
import { PARTIAL } from './fake-spool.ts';
import { listen } from './harness.ts';

conformance('tcp', async (address) => {
  const sender = await TcpSender.connect(address);
  return {
    port: sender.socket.localPort!,
    send: (messages) => sender.write(Buffer.from(messages.map((message) => `${message}\n`).join(''), 'latin1')),
    [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
  };
});

test('a connection may mix both framings, however its bytes are split', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  const stream = Buffer.from('<1>one\n7 <2>two\n<3>three\r\n8 <4>fo\nur<5>five\n');
  await sender.dribble(
    stream,
    Array.from({ length: stream.length }, (_, index) => index),
  );
  await until('all messages', () => harness.spool.stored.length === 5);
  assert.deepEqual(harness.spool.texts(), ['<1>one', '<2>two', '<3>three', '<4>fo\nur', '<5>five']);
});

test('everything from a sender that ends is stored, and the server closes its side once that is durable', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.hold();
  await sender.write('<1>one\n<2>unfinished');
  sender.socket.end();
  await until('both', () => harness.spool.waitingBytes === 19);
  assert.equal(sender.socket.readableEnded, false);
  harness.spool.release();
  await sender.closed();
  const seen = harness.spool.stored.map(({ text, flags }) => [text, flags]);
  assert.deepEqual(seen, [
    ['<1>one', 0],
    ['<2>unfinished', PARTIAL],
  ]);
  await until('the session to be closed', () => harness.spool.closed.length === 1);
  assert.equal(harness.spool.closed[0]!.clean, true);
  assert.equal(harness.counter('connections.open'), 0);
});

test('an unfinished counted frame is dropped and counted when the sender ends', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  await sender.write('<1>one\n20 <2>unfinished');
  await sender.end();
  assert.deepEqual(harness.spool.texts(), ['<1>one']);
  assert.equal(harness.counter('dropped.partial'), 1);
});

test('messages read before a reset are stored', async () => {
  await using harness = await listen('tcp');
  await using sender = await TcpSender.connect(harness.address);
  await sender.write('<1>one\n<2>two\n<3>thr');
  await until('two messages', () => harness.spool.stored.length === 2);
  await sender.reset();
  await until('the connection to be gone', () => harness.spool.closed.length === 1);
  assert.deepEqual(harness.spool.texts(), ['<1>one', '<2>two', '<3>thr']);
  assert.equal(harness.spool.closed[0]!.clean, false);
  assert.equal(harness.counter('connections.closed.error'), 1);
});

test('no session or connection is left after a thousand senders vanish in mid-frame', async () => {
  await using harness = await listen('tcp');
  for (let round = 0; round < 20; round++) {
    const senders = await Promise.all(Array.from({ length: 50 }, () => TcpSender.connect(harness.address)));
    await until('them to be accepted', () => harness.counter('connections.accepted') === 50 * (round + 1));
    await Promise.all(senders.map((sender, index) => sender.write(index % 2 ? '<1>half' : '99 <1>half')));
    await Promise.all(senders.map((sender, index) => (index % 3 ? sender.reset() : sender.end())));
  }
  await until('all connections to be gone', () => harness.counter('connections.open') === 0);
  assert.equal(harness.spool.sources.size, harness.spool.closed.length);
});

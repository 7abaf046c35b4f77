import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ConnectionTimes } from '../../src/listen/stream/connection-times.ts';
import { RelpSender } from '../support/relp.ts';
import { placeOf, TcpSender } from '../support/senders.ts';
import { until } from '../support/until.ts';
import { listen } from './harness.ts';

test('a TCP sender is asked to connect again by the end of the other side; what it sends until it does is stored', async () => {
  await using harness = await listen('tcp', { settings: { max_age: '1s' } });
  const sender = connect({ ...placeOf(harness.address), allowHalfOpen: true }).resume();
  sender.write('<13>early\n');
  await once(sender, 'end');
  assert.equal(harness.counter('connections.closed.max_age'), 1);
  // Another sweep passes.
  await new Promise((resolve) => setTimeout(resolve, 600));
  sender.end('<13>late\n<13>unfini');
  await until('all', () => harness.spool.stored.length === 3);
  assert.deepEqual(harness.spool.texts(), ['<13>early', '<13>late', '<13>unfini']);
  assert.equal(harness.counter('connections.closed.max_age'), 1, 'asked once');
  assert.equal(harness.counter('connections.closed.error'), 0);
});

test('a RELP session is ended by serverclose, after the answers to all that was read', async () => {
  await using harness = await listen('relp', { settings: { max_age: '1s' } });
  await using sender = await RelpSender.open(harness.address);
  const messages: string[] = [];
  while (!sender.serverClosed && !sender.socket.destroyed) {
    const message = `<13>${messages.length}`;
    messages.push(message);
    await sender.send([message]).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(harness.counter('connections.closed.max_age'), 1);
  const acknowledged = sender.answers.length - 1;
  assert.ok(acknowledged > 0);
  assert.deepEqual(harness.spool.texts().slice(0, acknowledged), messages.slice(0, acknowledged));
});

test('a reload turns max_age on for new connections, and off is off', async () => {
  await using harness = await listen('tcp');
  await using old = await TcpSender.connect(harness.address);
  await until('it to be accepted', () => harness.counter('connections.accepted') === 1);
  await harness.listener.reload({ max_age: 1000 });
  await using young = await TcpSender.connect(harness.address);
  young.socket.resume();
  await once(young.socket, 'end');
  assert.equal(harness.counter('connections.closed.max_age'), 1);
  assert.equal(old.socket.readableEnded, false);
});

test('connections that began together are asked at different moments, a tenth around max_age', () => {
  const limits = { halfFrame: undefined, firstByte: undefined, idle: undefined, age: 100_000 };
  const began = performance.now();
  const ages = Array.from({ length: 300 }, () => {
    const times = new ConnectionTimes(limits);
    let age = 0;
    while (times.expired(began + age) === undefined) age += 500;
    return age;
  });
  assert.ok(Math.min(...ages) >= 90_000 && Math.max(...ages) <= 111_000);
  const [early, late] = [ages.filter((age) => age < 95_000), ages.filter((age) => age > 105_000)];
  assert.ok(early.length > 30 && late.length > 30, 'spread evenly');
});

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { placeOf, TcpSender } from '../support/senders.ts';
import { until } from '../support/until.ts';
import { listen } from './harness.ts';

test('an address that is not in allow is refused by each kind of socket, also an IPv4 peer of an IPv6 socket', async () => {
  const settings = { allow: ['127.0.0.2', '10.0.0.0/8'] };
  await using tcp = await listen('tcp', { address: '[::]:0', settings });
  const place = `127.0.0.1:${placeOf(tcp.address).port}`;
  await using refused = await TcpSender.connect(place);
  await refused.closed();
  assert.equal(tcp.counter('connections.refused.not_allowed'), 1);
  await using allowed = await TcpSender.connect(place, '127.0.0.2');
  await allowed.write('<1>a\n');
  await until('the message', () => tcp.spool.stored.length === 1);

  await using udp = await listen('udp', { address: '[::]:0', settings });
  const { port } = placeOf(udp.address);
  await using refusedSender = await datagrams('127.0.0.1');
  await using allowedSender = await datagrams('127.0.0.2');
  await refusedSender.send('<1>no', port);
  await allowedSender.send('<1>yes', port);
  await until('both', () => udp.counter('dropped.not_allowed') === 1 && udp.spool.stored.length === 1);
  assert.deepEqual(udp.spool.texts(), ['<1>yes']);
  assert.equal(udp.counter('received.frames'), 1);
});

test('a reload changes who may send while the listener stays open', async () => {
  await using harness = await listen('tcp');
  await using one = await TcpSender.connect(harness.address);
  await using two = await TcpSender.connect(harness.address, '127.0.0.2');
  await until('both', () => harness.counter('connections.open') === 2);
  await harness.listener.reload({ allow: ['127.0.0.2/32'] });
  await one.closed();
  await two.write('<13>still here\n');
  await until('the message', () => harness.spool.stored.length === 1);
  await using again = await TcpSender.connect(harness.address);
  await again.closed();
  assert.equal(harness.counter('connections.refused.not_allowed'), 2);
  await harness.listener.reload({});
  await using allowed = await TcpSender.connect(harness.address);
  await allowed.write('<13>welcome\n');
  await until('the message', () => harness.spool.stored.length === 2);

  await using udp = await listen('udp');
  await udp.listener.reload({ allow: ['127.0.0.2/32'], rate: { per_second: 1, burst: 1 } });
  await using refusedSender = await datagrams('127.0.0.1');
  await using allowedSender = await datagrams('127.0.0.2');
  const { port } = placeOf(udp.address);
  await refusedSender.send('<13>no', port);
  for (const text of ['<13>yes', '<13>too much']) await allowedSender.send(text, port);
  await until('all', () => udp.counter('dropped.not_allowed') === 1 && udp.counter('dropped.rate') === 1);
});

test('a TCP sender above its rate waits and loses nothing, and other senders do not wait', async () => {
  await using harness = await listen('tcp', { settings: { rate: { per_second: 2000, burst: 1000 } } });
  await using fast = await TcpSender.connect(harness.address);
  await using other = await TcpSender.connect(harness.address, '127.0.0.2');
  const lines = Array.from({ length: 4000 }, (_, index) => `<13>${'x'.repeat(300)} ${index}`);
  const started = performance.now();
  const sent = fast.sendLines(lines);
  await until('the pause', () => harness.counter('paused.rate') > 0);
  await other.write('<13>other\n');
  await until('the other', () => harness.spool.texts().includes('<13>other'));
  assert.ok(harness.spool.stored.length < 4000, 'the fast sender still waits');
  await sent;
  await until('all messages', () => harness.spool.stored.length === 4001);
  assert.ok(performance.now() - started > 1000, 'three thousand at two thousand a second, but for a chunk');
  assert.deepEqual(
    harness.spool.texts().filter((text) => text !== '<13>other'),
    lines,
  );
});

test('datagrams above the rate of an address are dropped and counted, those of others are not', async () => {
  await using harness = await listen('udp', { settings: { rate: { per_second: 1, burst: 10 } } });
  const { port } = placeOf(harness.address);
  await using loud = await datagrams('127.0.0.1');
  await using quiet = await datagrams('127.0.0.2');
  for (let index = 0; index < 200; index++) await loud.send(`<1>loud ${index}`, port);
  await quiet.send('<1>quiet', port);
  await until('all of it', () => harness.counter('received.frames') === 201);
  await until('what is stored', () => harness.spool.stored.length + harness.counter('dropped.rate') === 201);
  const stored = harness.spool.texts().filter((text) => text.startsWith('<1>loud'));
  assert.ok(stored.length >= 10 && stored.length < 40, `${stored.length}`);
  assert.ok(harness.spool.texts().includes('<1>quiet'));
  assert.match(harness.warnings.join('\n'), /datagrams dropped: their address exceeded rate/);
});

type Datagrams = AsyncDisposable & { send(text: string, port: number): Promise<void> };

async function datagrams(from: string): Promise<Datagrams> {
  const socket = createSocket('udp4').bind(0, from);
  await once(socket, 'listening');
  return {
    send: (text, port) =>
      new Promise((resolve, reject) => {
        socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

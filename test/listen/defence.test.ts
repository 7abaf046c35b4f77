import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { AllowedNetworks } from '../../src/listen/shared/allowed-networks.ts';
import { HalfFrames } from '../../src/listen/stream/half-frames.ts';
import { TokenBucket, TokenBuckets } from '../../src/listen/shared/token-buckets.ts';
import { placeOf, TcpSender } from '../support/senders.ts';
import { until } from '../support/until.ts';
import { listen } from './harness.ts';

test('allow admits the addresses in its networks and no others', () => {
  const allowed = new AllowedNetworks(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', 'fe80::/10']);
  for (const address of ['10.0.0.0', '10.255.255.255', '192.0.2.7', '2001:db8::1', '2001:db8:ffff::', 'fe80::1%eth0']) {
    assert.equal(allowed.has(address), true, address);
  }
  for (const address of ['11.0.0.0', '9.255.255.255', '192.0.2.8', '2001:db9::', '::1', '::ffff:11.0.0.1', 'rubbish']) {
    assert.equal(allowed.has(address), false, address);
  }
});

test('an address that is not in allow is refused by each kind of socket, also an IPv4 peer of an IPv6 socket', async () => {
  const settings = { allow: ['127.0.0.2', '10.0.0.0/8'] };
  await using tcp = await listen('tcp', { address: '[::]:0', settings });
  const place = `127.0.0.1:${placeOf(tcp.address).port}`;
  await using refused = await TcpSender.connect(place);
  await refused.closed();
  assert.equal(tcp.counter('connections.refused.not_allowed'), 1);
  await using welcome = await TcpSender.connect(place, '127.0.0.2');
  await welcome.write('<1>a\n');
  await until('the message', () => tcp.spool.stored.length === 1);

  await using udp = await listen('udp', { address: '[::]:0', settings });
  const { port } = placeOf(udp.address);
  await using stranger = await datagrams('127.0.0.1');
  await using friend = await datagrams('127.0.0.2');
  await stranger.send('<1>no', port);
  await friend.send('<1>yes', port);
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
  await using welcome = await TcpSender.connect(harness.address);
  await welcome.write('<13>welcome\n');
  await until('the message', () => harness.spool.stored.length === 2);

  await using udp = await listen('udp');
  await udp.listener.reload({ allow: ['127.0.0.2/32'], rate: { per_second: 1, burst: 1 } });
  await using stranger = await datagrams('127.0.0.1');
  await using friend = await datagrams('127.0.0.2');
  const { port } = placeOf(udp.address);
  await stranger.send('<13>no', port);
  for (const text of ['<13>yes', '<13>too much']) await friend.send(text, port);
  await until('all', () => udp.counter('dropped.not_allowed') === 1 && udp.counter('dropped.rate') === 1);
});

test('a token bucket allows its burst, then its rate, and waits until a debt is paid', () => {
  const bucket = new TokenBucket({ per_second: 10, burst: 5 }, 0);
  for (let index = 0; index < 5; index++) assert.equal(bucket.tryTake(0), true);
  assert.equal(bucket.tryTake(0), false);
  assert.equal(bucket.tryTake(99), false);
  assert.equal(bucket.tryTake(101), true);
  assert.equal(bucket.isEmpty(101), false);
  bucket.take(20, 101);
  assert.equal(bucket.isEmpty(2000), true);
  assert.equal(bucket.isEmpty(2101), false);
  for (let index = 0; index < 5; index++) assert.equal(bucket.tryTake(1e9), true);
  assert.equal(bucket.tryTake(1e9), false, 'no more tokens than the burst are saved');
});

test('waiters of a token bucket are woken one after the other, unless they cancelled', async () => {
  const bucket = new TokenBucket({ per_second: 1000, burst: 1 });
  const woken: string[] = [];
  bucket.take(21);
  const [one, two, three] = ['one', 'two', 'three'].map((name) => () => void woken.push(name));
  for (const wake of [one!, two!, three!, one!]) bucket.wait(wake);
  bucket.cancel(two!);
  await until('two of them', () => woken.length === 2);
  assert.deepEqual(woken, ['one', 'three']);
});

test('the number of buckets is bounded, and those in use are kept', () => {
  const buckets = new TokenBuckets({ per_second: 1, burst: 1 }, 100);
  const mine = buckets.of('mine');
  for (let index = 0; index < 10_000; index++) {
    buckets.of(`10.0.${index >> 8}.${index & 255}`);
    if (index % 10 === 0) assert.equal(buckets.of('mine'), mine);
    assert.ok(buckets.size <= 101);
  }
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

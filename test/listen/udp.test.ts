import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UdpSender } from '../support/senders.ts';
import { until } from '../support/until.ts';
import { conformance } from './conformance.ts';
import { listen } from './harness.ts';

conformance('udp', async (address) => {
  const sender = await UdpSender.open(address);
  return {
    port: sender.port,
    send: async (messages) => {
      for (const message of messages) await sender.send(Buffer.from(message, 'latin1'));
    },
    [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
  };
});

test('a datagram is one message, without one LF or NUL at its end', async () => {
  await using harness = await listen('udp');
  await using sender = await UdpSender.open(harness.address);
  for (const text of ['<1>a\n<2>b', '4 <1>a', '<1>c\n', '<1>d\0', '<1>e\n\n']) await sender.send(text);
  await until('all messages', () => harness.spool.stored.length === 5);
  assert.deepEqual(harness.spool.texts(), ['<1>a\n<2>b', '4 <1>a', '<1>c', '<1>d', '<1>e\n']);
});

test('empty datagrams are counted and skipped', async () => {
  await using harness = await listen('udp');
  await using sender = await UdpSender.open(harness.address);
  for (const text of ['', '\n', '\0', '<1>a']) await sender.send(text);
  await until('the message', () => harness.spool.stored.length === 1);
  assert.equal(harness.counter('dropped.empty'), 3);
});

test('datagrams are dropped and counted while the spool is full, and stored again afterwards', async () => {
  await using harness = await listen('udp');
  await using sender = await UdpSender.open(harness.address);
  harness.spool.full = true;
  for (let index = 0; index < 10; index++) await sender.send(`<1>lost ${index}`);
  await until('the drops', () => harness.counter('dropped.spool_full') === 10);
  harness.spool.drain();
  await sender.send('<1>kept');
  await until('the message', () => harness.spool.stored.length === 1);
  assert.deepEqual(harness.spool.texts(), ['<1>kept']);
  assert.match(harness.warnings.join('\n'), /datagrams dropped: the spool is full/);
});

test('a warning names the remedy if the kernel grants a smaller receive buffer', async () => {
  await using harness = await listen('udp', { settings: { receive_buffer: '1GiB' } });
  assert.match(
    harness.warnings[0] ?? '',
    /the kernel granted a receive buffer of .*sysctl -w net\.core\.rmem_max=1073741824/,
  );
  assert.ok(harness.listener.stats().receiveBuffer! >= 64 << 10);
});

test('each peer has its own session, even if datagrams of several share an entry', async () => {
  await using harness = await listen('udp');
  await using one = await UdpSender.open(harness.address);
  await using two = await UdpSender.open(harness.address);
  for (let index = 0; index < 50; index++) await Promise.all([one.send('<1>one'), two.send('<1>two')]);
  await until('all messages', () => harness.spool.stored.length === 100);
  for (const { text, source } of harness.spool.stored) {
    assert.equal(source.port, text === '<1>one' ? one.port : two.port);
  }
  assert.equal(harness.spool.sources.size, 2);
});

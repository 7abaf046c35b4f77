import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpSender } from '../../support/senders.ts';
import { until } from '../../support/until.ts';
import { type Harness, listen } from '../harness.ts';

async function accepted(harness: Harness, count: number): Promise<void> {
  await until(`${count} connections`, () => harness.counter('connections.accepted') === count);
}

test('a message that takes too long is stored as it is, and its connection is closed', async (context) => {
  await using harness = await listen('tcp', { settings: { half_frame_timeout: '1s' } });
  await using slow = await TcpSender.connect(harness.address);
  await using quiet = await TcpSender.connect(harness.address);
  await using busy = await TcpSender.connect(harness.address);
  await quiet.write('<1>whole\n');
  await slow.write('<1>whole\n<2>ha');
  const dribbling = setInterval(() => slow.socket.write('l'), 20);
  const chatting = setInterval(() => busy.socket.write('<3>one\n<3>tw'), 20);
  context.after(() => {
    clearInterval(dribbling);
    clearInterval(chatting);
  });
  await slow.closed();
  await until('the message', () => harness.spool.stored.some(({ text }) => text.startsWith('<2>hal')));
  assert.equal(harness.counter('connections.closed.half_frame'), 1);
  await until('two to be left', () => harness.counter('connections.open') === 2);
  assert.equal(quiet.socket.readableEnded, false);
  assert.equal(busy.socket.readableEnded, false);
});

test('no time limit of a sender runs while reading is paused', async () => {
  await using harness = await listen('tcp', { settings: { half_frame_timeout: '50ms', idle_timeout: '50ms' } });
  await using sender = await TcpSender.connect(harness.address);
  await using other = await TcpSender.connect(harness.address);
  harness.spool.full = true;
  await sender.write('<1>whole\n<2>ha');
  await until('the pause', () => harness.counter('paused.spool_full') === 1);
  await other.write('<3>l');
  await other.closed();
  assert.equal(harness.counter('connections.closed.half_frame'), 1);
  assert.equal(harness.spool.closed.length, 0, 'the other one is not closed');
  const rest = sender.write('lf\n');
  harness.spool.drain();
  await rest;
  await until('the second message', () => harness.spool.texts().includes('<2>half'));
});

test('idle and first-byte limits apply only if they are configured', async () => {
  await using harness = await listen('tcp', { settings: { idle_timeout: '50ms', first_byte_timeout: '1m' } });
  await using idle = await TcpSender.connect(harness.address);
  await using silent = await TcpSender.connect(harness.address);
  await idle.write('<1>a\n');
  await idle.closed();
  assert.equal(harness.counter('connections.closed.idle'), 1);
  assert.equal(silent.socket.readableEnded, false);

  await using strict = await listen('tcp', { settings: { first_byte_timeout: '50ms' } });
  await using talker = await TcpSender.connect(strict.address);
  await talker.write('<1>a\n');
  await using mute = await TcpSender.connect(strict.address);
  await mute.closed();
  assert.equal(strict.counter('connections.closed.first_byte'), 1);
  assert.equal(talker.socket.readableEnded, false);
});

test('connections above the limit are refused and counted', async () => {
  await using harness = await listen('tcp', { settings: { max_connections: 3 } });
  const senders: TcpSender[] = [];
  for (let index = 0; index < 3; index++) {
    const sender = await TcpSender.connect(harness.address);
    await sender.write(`<1>${index}\n`);
    await until('its message', () => harness.spool.stored.length === index + 1);
    senders.push(sender);
  }
  await using refused = await TcpSender.connect(harness.address);
  await refused.closed();
  assert.equal(harness.counter('connections.refused.max_connections'), 1);
  assert.equal(harness.counter('connections.open'), 3);
  assert.match(harness.warnings.join('\n'), /connection refused: max_connections is reached/);
  await senders[0]!.end();
  await until('a free slot', () => harness.counter('connections.open') === 2);
  await using admitted = await TcpSender.connect(harness.address);
  await admitted.write('<1>again\n');
  await until('its message', () => harness.spool.texts().includes('<1>again'));
  for (const sender of senders) sender.socket.destroy();
});

test('from 90 % of the limit on, the oldest silent connection is closed to make room', async () => {
  await using harness = await listen('tcp', { settings: { max_connections: 10 } });
  const senders: TcpSender[] = [];
  for (let index = 0; index < 9; index++) {
    senders.push(await TcpSender.connect(harness.address));
    await accepted(harness, index + 1);
  }
  await senders[0]!.write('<1>a\n');
  await until('its message', () => harness.spool.stored.length === 1);
  await using next = await TcpSender.connect(harness.address);
  await accepted(harness, 10);
  await senders[1]!.closed();
  assert.equal(harness.counter('connections.closed.never_sent'), 1);
  assert.equal(senders[0]!.socket.readableEnded, false);
  assert.equal(next.socket.readableEnded, false);
  for (const sender of senders) sender.socket.destroy();
});

test('the limit for one address also counts IPv4 peers of an IPv6 socket', async () => {
  const settings = { max_connections_per_address: 2 };
  await using harness = await listen('tcp', { address: '[::]:0', settings });
  const port = harness.address.split(':').at(-1);
  await using one = await TcpSender.connect(`127.0.0.1:${port}`);
  await using two = await TcpSender.connect(`127.0.0.1:${port}`);
  await using three = await TcpSender.connect(`127.0.0.1:${port}`);
  await three.closed();
  await using other = await TcpSender.connect(`127.0.0.1:${port}`, '127.0.0.2');
  await accepted(harness, 3);
  assert.equal(harness.counter('connections.refused.per_address'), 1);
  for (const sender of [one, two, other]) assert.equal(sender.socket.readableEnded, false);
});

test('a thousand idle connections do not disturb an active one', async () => {
  await using harness = await listen('tcp', { settings: { max_connections_per_address: 250 } });
  const idle: TcpSender[] = [];
  for (let host = 1; host <= 4; host++) {
    const connecting = Array.from({ length: 250 }, () => TcpSender.connect(harness.address, `127.0.0.${host}`));
    idle.push(...(await Promise.all(connecting)));
  }
  await using active = await TcpSender.connect(harness.address, '127.0.0.9');
  await active.sendLines(Array.from({ length: 10_000 }, (_, index) => `<1>${index}`));
  await until('its messages', () => harness.spool.stored.length === 10_000);
  assert.equal(harness.counter('connections.open'), 1001);
  for (const sender of idle) sender.socket.destroy();
  await until('the others to be gone', () => harness.counter('connections.open') === 1);
});

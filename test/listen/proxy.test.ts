import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Certificates } from '../support/certificates.ts';
import { v1, v2 } from '../support/proxy-protocol.ts';
import { OFFERS, relpFrame } from '../support/relp.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { type Harness, listen } from './harness.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const certificates = new Certificates(folder.path);
const { cert, key } = certificates.make('server', { name: 'logs', use: 'server' });
const proxy = ['127.0.0.1'];
const AGENT = { ip: '203.0.113.9', port: 51_413 };

/** Sends bytes over a connection of their own, which stays open. */
async function send(harness: Harness, ...parts: readonly (string | Buffer)[]): Promise<TcpSender> {
  const sender = await TcpSender.connect(harness.address);
  await sender.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  return sender;
}

test('a line is from the address in the header: in either version, split anywhere, and with lines behind it', async () => {
  await using harness = await listen('tcp', { settings: { proxy } });
  const headers = [v1(AGENT), v2(AGENT), v2({ ip: '2001:db8::9', port: 9 }, Buffer.alloc(99))];
  for (const header of headers) {
    await using _whole = await send(harness, header, '<13>whole\n<13>and more\n');
    await using split = await TcpSender.connect(harness.address);
    const bytes = Buffer.concat([header, Buffer.from('<13>split\n')]);
    await split.dribble(bytes, [1, 5, 13, 15, 20, header.length, header.length + 2]);
    await using late = await send(harness, header);
    await late.write('<13>late\n');
    await late.end();
    await until('the lines', () => harness.spool.stored.length === 4);
    const { ip, port } = header === headers[2] ? { ip: '2001:db8::9', port: 9 } : AGENT;
    for (const { source } of harness.spool.stored)
      assert.deepEqual(source, { ip, port, transport: 'tcp', listener: 'tcp0' });
    assert.deepEqual(new Set(harness.spool.texts()), new Set(['<13>whole', '<13>and more', '<13>split', '<13>late']));
    harness.spool.stored.length = 0;
  }
  await until('the end of all', () => harness.counter('connections.open') === 0);
  assert.equal(harness.counter('connections.accepted'), 9);
});

test('TLS begins behind the header, and its troubles are those of the address in it', async () => {
  await using harness = await listen('tcp', { settings: { proxy, tls: { cert, key } } });
  for (const atOnce of [true, false]) {
    await using raw = await send(harness, v2(AGENT));
    // The ClientHello in the same packet as the header, or later.
    if (!atOnce) await until('the header to be read', () => harness.counter('connections.open') === 1);
    const secure = connectTls({ socket: raw.socket, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    secure.end('<13>secret\n');
    await until('the end', () => harness.counter('connections.open') === 0 && harness.spool.stored.length === 1);
    assert.deepEqual(harness.spool.stored.pop()!.source, { ...AGENT, transport: 'tls', listener: 'tcp0' });
  }
  await using plain = await send(harness, v1(AGENT), '<13>not secret\n');
  await plain.closed();
  assert.deepEqual(
    harness.listener.stats().tlsTroubles?.map(({ ip }) => ip),
    [AGENT.ip],
  );
  await using silent = await send(harness, v1(AGENT));
  await silent.end();
  await until('it to be counted', () => harness.counter('connections.refused.gone') === 1);
  assert.equal(harness.counter('connections.refused.tls_hangup'), 0, 'the header is no part of the handshake');
});

test('RELP sessions are those of the address in the header', async () => {
  await using harness = await listen('relp', { settings: { proxy } });
  await using sender = await send(
    harness,
    v2(AGENT),
    relpFrame(1, 'open', OFFERS),
    relpFrame(2, 'syslog', '<13>hello'),
  );
  let answers = '';
  sender.socket.on('data', (chunk) => {
    answers += chunk;
  });
  await until('both answers', () => /^2 rsp 6 200 OK$/m.test(answers));
  assert.deepEqual(harness.spool.stored[0]!.source, { ...AGENT, transport: 'relp', listener: 'relp0' });
});

test('allow and the limit of connections of an address mean the senders, not the balancer', async () => {
  const settings = { proxy, allow: ['203.0.113.0/24'], max_connections_per_address: 2 };
  await using harness = await listen('tcp', { settings });
  const agents = Array.from({ length: 5 }, (_, index) => ({ ip: `203.0.113.${index}`, port: 1 }));
  const senders = await Promise.all(agents.map((agent) => send(harness, v2(agent), '<13>hello\n')));
  await until('a line of each', () => harness.spool.stored.length === 5);
  await using second = await send(harness, v2(agents[0]!), '<13>two\n');
  await until('the second of one', () => harness.spool.stored.length === 6);
  await using third = await send(harness, v2(agents[0]!), '<13>three\n');
  await third.closed();
  assert.equal(harness.counter('connections.refused.per_address'), 1);
  await using stranger = await send(harness, v2({ ip: '198.51.100.1', port: 1 }), '<13>no\n');
  await stranger.closed();
  assert.equal(harness.counter('connections.refused.not_allowed'), 1);
  await harness.listener.reload({ ...settings, allow: ['203.0.113.1/32'] });
  await Promise.all([second, ...senders].filter((_, index) => index !== 2).map((sender) => sender.closed()));
  await until('one to be left', () => harness.counter('connections.open') === 1);
  for (const sender of senders) await sender[Symbol.asyncDispose]();
  assert.equal(harness.spool.stored.length, 6);
});

test('the rate of a sender is its own behind a balancer', async () => {
  await using harness = await listen('tcp', { settings: { proxy, rate: { per_second: 1, burst: 2 } } });
  await using loud = await send(harness, v2(AGENT), '<13>1\n<13>2\n<13>3\n<13>4\n');
  await until('the pause', () => harness.counter('paused.rate') === 1);
  await using _other = await send(harness, v2({ ...AGENT, ip: '203.0.113.10' }), '<13>other\n');
  await until('the other', () => harness.spool.texts().includes('<13>other'));
  assert.equal(harness.counter('paused.rate'), 1);
  assert.equal(loud.socket.readableEnded, false);
});

test('a header from an address that is not in proxy changes nothing: it is a message of that address', async () => {
  await using harness = await listen('tcp', { settings: { proxy: ['10.0.0.0/8'] } });
  await using _sender = await send(harness, v1(AGENT), '<13>hello\n');
  await until('both lines', () => harness.spool.stored.length === 2);
  assert.deepEqual(harness.spool.texts(), [v1(AGENT).toString().trim(), '<13>hello']);
  for (const { source } of harness.spool.stored) assert.equal(source.ip, '127.0.0.1');
  await harness.listener.reload({ proxy });
  await using _balancer = await send(harness, v1(AGENT), '<13>balanced\n');
  await until('the line', () => harness.spool.stored.length === 3);
  assert.equal(harness.spool.stored[2]!.source.ip, AGENT.ip);
});

test('a connection of a balancer without a whole header costs only itself: counted, closed, within three seconds', async (context) => {
  await using harness = await listen('tcp', { settings: { proxy, max_connections_per_address: 1000 } });
  await using innocent = await send(harness, v2(AGENT), '<13>before\n');
  const hostile = ['<13>line\n', '\x16\x03\x01\x02', `PROXY ${'x'.repeat(100_000)}`, 'PROXY TCP4 1.2.3.4\r\n'];
  for (const bytes of hostile) {
    const crowd = await Promise.all(Array.from({ length: 50 }, () => send(harness, bytes)));
    await Promise.all(crowd.map((sender) => sender.closed()));
  }
  await using within = await send(harness, 'PROXY TCP4');
  await within.end();
  await until('all to be counted', () => harness.counter('connections.refused.proxy') === 201);
  assert.equal(harness.spool.stored.length, 1, 'nothing of them was stored');

  await using check = await TcpSender.connect(harness.address);
  await check.end();
  await until('the health check', () => harness.counter('connections.refused.gone') === 1);
  const dribbling = await TcpSender.connect(harness.address);
  const timer = setInterval(
    () => dribbling.socket.write('P'.slice(0, dribbling.socket.bytesWritten === 0 ? 1 : 0)),
    50,
  );
  context.after(() => clearInterval(timer));
  await using silent = await TcpSender.connect(harness.address);
  await Promise.all([dribbling.closed(), silent.closed()]);
  assert.equal(harness.counter('connections.refused.proxy'), 203);
  assert.match(harness.warnings.join('\n'), /connection refused: it sent no whole PROXY header within 3 seconds/);
  await innocent.write('<13>after\n');
  await until('the line', () => harness.spool.texts().includes('<13>after'));
  assert.equal(harness.counter('connections.open'), 1);
});

test('a health check that names no sender is from the balancer itself', async () => {
  await using harness = await listen('tcp', { settings: { proxy } });
  await using _check = await send(harness, 'PROXY UNKNOWN\r\n', '<13>check\n');
  await until('the line', () => harness.spool.stored.length === 1);
  assert.equal(harness.spool.stored[0]!.source.ip, '127.0.0.1');
});

test('a listener closes while headers are missing, and connections that wait for theirs fill no table for good', async () => {
  const harness = await listen('tcp', { settings: { proxy, max_connections: 20 } });
  const waiting = await Promise.all(Array.from({ length: 20 }, () => TcpSender.connect(harness.address)));
  await using agent = await send(harness, v2(AGENT), '<13>hello\n');
  await until('the line', () => harness.spool.stored.length === 1);
  assert.ok(harness.counter('connections.closed.never_sent') > 0, 'the oldest that sent nothing made room');
  const closed = harness.listener.close(AbortSignal.timeout(5000));
  await agent.end();
  await closed;
  assert.equal(harness.counter('connections.open'), 0);
  for (const sender of waiting) await sender[Symbol.asyncDispose]();
});

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Certificates, days } from '../support/certificates.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { conformance } from '../listen/conformance.ts';
import { listen } from '../listen/harness.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const certificates = new Certificates(folder.path);
const server = certificates.make('server', { name: 'logs', use: 'server', alternatives: ['localhost'] });
const tls = { cert: server.cert, key: server.key };

conformance(
  'tcp',
  async (address) => {
    const sender = await TcpSender.secure(address);
    return {
      port: sender.socket.localPort!,
      send: (messages) => sender.write(Buffer.from(messages.map((message) => `${message}\n`).join(''), 'latin1')),
      [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
    };
  },
  { title: 'tcp with TLS', settings: { tls }, transport: 'tls' },
);

test('reading over TLS stops while the disk hangs, and everything arrives in order afterwards', async () => {
  await using harness = await listen('tcp', { settings: { tls } });
  await using sender = await TcpSender.secure(harness.address);
  harness.spool.hold();
  const lines = Array.from({ length: 60_000 }, (_, index) => `<13>${'x'.repeat(200)} ${index}`);
  const sent = sender.sendLines(lines);
  await until('the pause', () => harness.counter('paused.window') === 1);
  harness.spool.release();
  await sent;
  await until('all messages', () => harness.spool.stored.length === lines.length);
  assert.deepEqual(harness.spool.texts(), lines);
});

test('a sender that ends in order sees the server end once everything is durable', async () => {
  await using harness = await listen('tcp', { settings: { tls } });
  await using sender = await TcpSender.secure(harness.address);
  await sender.write('<1>a\n<2>b');
  await sender.end();
  await until('the session to be closed', () => harness.spool.closed.length === 1);
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b']);
  assert.equal(harness.spool.closed[0]!.clean, true);
  assert.equal(harness.counter('connections.closed.error'), 0);
});

test('a good handshake succeeds after a thousand failed ones', async () => {
  await using harness = await listen('tcp', { settings: { tls } });
  const fail = async (index: number): Promise<void> => {
    await using sender = await TcpSender.connect(harness.address);
    // A plain line, a ClientHello that is cut off, random bytes, silence.
    const bytes = ['<13>plain\n', '\x16\x03\x01\x02\x00\x01\x00', '\x16\x03\x03\x00\x05hello', ''][index % 4]!;
    await sender.write(Buffer.from(bytes, 'latin1')).catch(() => {});
    if (index % 4 === 0 || index % 4 === 2) await sender.closed();
    else await sender.reset();
  };
  for (let from = 0; from < 1000; from += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => fail(from + index)));
  }
  await using sender = await TcpSender.secure(harness.address);
  await sender.write('<13>hello\n');
  await until('the message', () => harness.spool.stored.length === 1);
  await until('the others to be gone', () => harness.counter('connections.open') === 1);
  assert.equal(harness.counter('connections.refused.tls_plain'), 250);
  assert.equal(harness.counter('connections.refused.tls_handshake'), 250);
  // A reset may overtake the bytes before it.
  const ended = ['tls_hangup', 'gone'].map((reason) => harness.counter(`connections.refused.${reason}`));
  assert.equal(ended[0]! + ended[1]!, 500);
  assert.equal(harness.counter('connections.accepted'), 1);
  const plain = harness.warnings.filter((text) => text.includes('it does not speak TLS; enable TLS at the agent'));
  assert.equal(plain.length, 1, 'logged once, not five hundred times');
});

test('a slow handshake is ended, even if it dribbles, and does not delay others', async (context) => {
  await using harness = await listen('tcp', { settings: { tls: { ...tls, handshake_timeout: '2s' } } });
  await using silent = await TcpSender.connect(harness.address);
  await using dribbling = await TcpSender.connect(harness.address);
  const hello = Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1');
  let at = 0;
  const timer = setInterval(() => dribbling.socket.write(Buffer.from([hello[at++] ?? 0])), 20);
  context.after(() => clearInterval(timer));
  // Tried again if this machine was too busy for it.
  await using good = await until('a good one', () => TcpSender.secure(harness.address).catch(() => undefined));
  await good.write('<13>hello\n');
  await until('the message', () => harness.spool.stored.length === 1);
  await Promise.all([silent.closed(), dribbling.closed()]);
  assert.ok(harness.counter('connections.refused.tls_timeout') >= 2);
  assert.equal(good.socket.readableEnded, false);
});

test('running handshakes count among the connections of an address', async () => {
  const settings = { tls, max_connections_per_address: 2 };
  await using harness = await listen('tcp', { settings });
  await using one = await TcpSender.connect(harness.address);
  await using two = await TcpSender.connect(harness.address);
  await until('both', () => harness.counter('connections.open') === 2);
  await using three = await TcpSender.connect(harness.address);
  await three.closed();
  assert.equal(harness.counter('connections.refused.per_address'), 1);
  one.socket.destroy();
  await until('a free slot', () => harness.counter('connections.open') === 1);
  await using four = await TcpSender.secure(harness.address);
  await four.write('<13>hello\n');
  await until('the message', () => harness.spool.stored.length === 1);
  assert.equal(two.socket.readableEnded, false);
});

test('a shutdown ends handshakes and keeps what was read', async () => {
  const harness = await listen('tcp', { settings: { tls } });
  await using half = await TcpSender.connect(harness.address);
  await using whole = await TcpSender.secure(harness.address);
  await whole.write('<13>hello\n');
  await until('both', () => harness.counter('connections.open') === 2);
  await harness.listener.close();
  await Promise.all([half.closed(), whole.closed()]);
  assert.deepEqual(harness.spool.texts(), ['<13>hello']);
});

test('a client cannot renegotiate', async () => {
  await using harness = await listen('tcp', { settings: { tls } });
  await using sender = await TcpSender.secure(harness.address, { maxVersion: 'TLSv1.2' });
  await sender.write('<13>before\n');
  await until('the message', () => harness.spool.stored.length === 1);
  const socket = sender.socket as TLSSocket;
  const answer = await new Promise((resolve) => {
    socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ?? 'renegotiated'));
    socket.once('close', () => resolve('closed'));
    socket.once('error', resolve);
  });
  assert.notEqual(answer, 'renegotiated');
});

test('a TLS session is never resumed', async () => {
  await using harness = await listen('tcp', { settings: { tls } });
  const sessions: Buffer[] = [];
  await using first = await TcpSender.secure(harness.address, { maxVersion: 'TLSv1.2' });
  const session = (first.socket as TLSSocket).getSession();
  if (session) sessions.push(session);
  await using again = await TcpSender.secure(harness.address, { maxVersion: 'TLSv1.2', session: sessions[0]! });
  assert.equal((again.socket as TLSSocket).isSessionReused(), false);
});

test('new certificates are loaded without losing a connection, and unusable ones are refused', async () => {
  const changing = certificates.make('changing', { name: 'old', use: 'server' });
  const changed = { cert: changing.cert, key: changing.key, handshake_timeout: 10_000 };
  await using harness = await listen('tcp', { settings: { tls: { cert: changing.cert, key: changing.key } } });
  const nameOf = async (): Promise<string> => {
    await using sender = await TcpSender.secure(harness.address);
    return String((sender.socket as TLSSocket).getPeerCertificate().subject.CN);
  };
  await using open = await TcpSender.secure(harness.address);
  assert.equal(await nameOf(), 'old');

  const next = certificates.make('next', { name: 'new', use: 'server' });
  renameSync(next.cert, changing.cert);
  await assert.rejects(harness.listener.reload({ tls: changed }), /cannot use the key .*does not belong/);
  const warning = /cannot load the new certificates, the old ones stay in use: .*does not belong/;
  await until('the file to be noticed', () => harness.warnings.some((text) => warning.test(text)));
  assert.equal(await nameOf(), 'old');
  renameSync(next.key, changing.key);
  await until('the new certificate to be noticed', async () => (await nameOf()) === 'new');

  await harness.listener.reload({ tls: { ...changed, cert: server.cert, key: server.key } });
  assert.equal(await nameOf(), 'logs');
  await harness.listener.reload({ tls: changed });
  writeFileSync(changing.cert, 'rubbish');
  await assert.rejects(harness.listener.reload({ tls: changed }), /contains no PEM certificate/);
  assert.equal(await nameOf(), 'new');
  await open.write('<13>still here\n');
  await until('the message', () => harness.spool.stored.length === 1);
});

test('a listener warns of a certificate that expires soon or has expired, and still serves', async () => {
  const soon = certificates.make('soon', { name: 'soon', use: 'server', ...days(-1, 20) });
  await using harness = await listen('tcp', { settings: { tls: { cert: soon.cert, key: soon.key } } });
  assert.match(harness.warnings.join('\n'), /soon\.pem expires on \d{4}-\d\d-\d\d, in (19|20) days; replace the file/);
  const left = harness.listener.stats().certificateExpires! - Date.now();
  assert.ok(left > 19 * 86_400_000 && left < 20 * 86_400_000);

  const over = certificates.make('over', { name: 'over', use: 'server', ...days(-9, -1) });
  await using late = await listen('tcp', { settings: { tls: { cert: over.cert, key: over.key } } });
  assert.match(late.warnings.join('\n'), /over\.pem expired on /);
  await using sender = await TcpSender.secure(late.address);
  await sender.write('<13>hello\n');
  await until('the message', () => late.spool.stored.length === 1);
});

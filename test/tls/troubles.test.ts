import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { unusedConnection } from '../../src/tls/index.ts';
import { Certificates, days } from '../support/certificates.ts';
import { needs } from '../support/require.ts';
import { placeOf, TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { listen } from '../listen/harness.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const ours = new Certificates(`${folder.path}/ours`);
const theirs = new Certificates(`${folder.path}/theirs`, 'another CA');
const long = days(-1, 60);
const server = ours.make('server', { name: 'logs', use: 'server', alternatives: ['logs.example.org'], ...long });
const expired = ours.make('expired', { name: 'logs', use: 'server', ...days(-9, -1) });
const forClients = ours.make('use', { name: 'logs', use: 'client', ...long });
const certificates = { server, expired, forClients };

type Row = readonly [what: string, cert: keyof typeof certificates, flags: readonly string[], said: RegExp];
const OURS = ['-CAfile', ours.caFile];
/** A client of OpenSSL verifies within the handshake, and says in an alert what it does not accept. */
const ALERTS: readonly Row[] = [
  ['does not trust our CA', 'server', ['-CAfile', theirs.caFile], /unknown_ca\): give the agent the CA that signed/],
  ['finds the certificate expired', 'expired', OURS, /certificate_expired\): tls\.cert or a CA above it has expired/],
  ['finds it not for servers', 'forClients', OURS, /unsupported_certificate\): tls\.cert is not for servers/],
  [
    'expects another name',
    'server',
    [...OURS, '-verify_hostname', 'other.example.org'],
    /bad_certificate\): check that .* tls\.cert contains the name that the agent expects/,
  ],
];

for (const [what, certificate, flags, said] of ALERTS) {
  for (const version of ['-tls1_2', '-tls1_3']) {
    test(`a client that ${what} is counted, and logged with its alert and the remedy: ${version}`, {
      skip: needs('openssl'),
    }, async () => {
      const { cert, key } = certificates[certificate];
      await using harness = await listen('tcp', { settings: { tls: { cert, key } } });
      const args = ['s_client', version, '-verify_return_error', ...flags, '-connect', harness.address];
      await once(spawn('openssl', args, { stdio: 'ignore' }), 'exit');
      await until('the counter', () => harness.counter('connections.refused.tls_our_certificate') === 1);
      assert.match(
        harness.warnings.at(-1)!,
        /^TLS connection ended by the client: it refuses this server's certificate/,
      );
      assert.match(harness.warnings.at(-1)!, said);
      const [trouble] = harness.listener.stats().tlsTroubles!;
      assert.deepEqual([trouble!.ip, trouble!.times, trouble!.text], ['127.0.0.1', 1, harness.warnings.at(-1)]);
      await until('the end', () => harness.counter('connections.open') === 0);
    });
  }
}

const { cert, key } = server;

test('a client that hangs up in the handshake is told from one that never speaks', async () => {
  await using harness = await listen('tcp', { settings: { tls: { cert, key } } });
  const silent = await TcpSender.connect(harness.address);
  await silent.end();
  await until('the silent one', () => harness.counter('connections.refused.gone') === 1);
  assert.deepEqual(harness.listener.stats().tlsTroubles, []);
  const cut = await TcpSender.connect(harness.address);
  await cut.write(Buffer.from('\x16\x03\x01\x02\x00\x01\x00', 'latin1'));
  await cut.end();
  await until('the other one', () => harness.counter('connections.refused.tls_hangup') === 1);
  assert.match(harness.warnings.at(-1)!, /ended by the client: it closed the connection within the handshake/);
});

test('a client that ends its connection before its first byte is counted and logged', async () => {
  await using harness = await listen('tcp', { settings: { tls: { cert, key } } });
  for (const [index, abort] of [false, true].entries()) {
    const sender = await TcpSender.secure(harness.address);
    await until('the connection', () => harness.counter('connections.accepted') === index + 1);
    if (abort) sender.socket.destroy();
    else await sender.end();
    await until('the end', () => harness.counter('connections.open') === 0);
  }
  assert.equal(harness.counter('connections.closed.tls_unused'), 2);
  assert.equal(harness.counter('connections.closed.error'), 0);
  assert.match(harness.warnings.at(-1)!, /before its first byte, as agents do that refuse this server's certificate/);
  assert.equal(harness.listener.stats().tlsTroubles![0]!.times, 2);
});

test('a connection that was used, or that we end ourselves, is no trouble', async () => {
  const harness = await listen('tcp', { settings: { tls: { cert, key } } });
  const used = await TcpSender.secure(harness.address);
  await used.write('<13>hello\n');
  await used.end();
  await until('the end', () => harness.counter('connections.open') === 0);
  const idle = connect({ ...placeOf(harness.address), rejectUnauthorized: false });
  await once(idle, 'secureConnect');
  idle.on('error', () => {}).resume();
  await harness[Symbol.asyncDispose]();
  assert.equal(harness.counter('connections.closed.tls_unused'), 0);
  assert.deepEqual(harness.listener.stats().tlsTroubles, []);
});

test('a plain-text client is counted by itself', async () => {
  await using harness = await listen('tcp', { settings: { tls: { cert, key } } });
  await using plain = await TcpSender.connect(harness.address);
  await plain.write('<13>Nov 29 18:01:31 web1 app: hello\n');
  await until('the counter', () => harness.counter('connections.refused.tls_plain') === 1);
  assert.match(harness.warnings.at(-1)!, /refused: it does not speak TLS; enable TLS at the agent/);
});

test('an alert that comes after the handshake says the same as one within', () => {
  const late = unusedConnection(Object.assign(new Error('x'), { code: 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE' }));
  assert.equal(late.reason, 'tls_our_certificate');
  assert.match(late.text, /TLS alert bad_certificate/);
});

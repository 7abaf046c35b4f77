import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { certify, keyText } from '../../src/cli/tls/certificate.ts';
import * as der from '../../src/cli/tls/der.ts';
import { absent, needs, needsModules } from '../support/require.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { runFake } from './fake.ts';

const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
const init = (folder: string, ...flags: string[]) => runFake(['tls', 'init', '--dir', folder, ...flags]);

test('DER is encoded as in X.690', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  assert.equal(hex(der.integer(Buffer.from([0, 0, 0x7f]))), '02017f');
  assert.equal(hex(der.integer(Buffer.from([0x80]))), '02020080');
  assert.equal(hex(der.integer(Buffer.from([0]))), '020100');
  assert.equal(hex(der.oid('1.2.840.10045.4.3.2')), '06082a8648ce3d040302');
  assert.equal(hex(der.oid('2.5.29.17')), '0603551d11');
  assert.equal(hex(der.boolean(true)), '0101ff');
  assert.equal(hex(der.octets(Buffer.alloc(127))).slice(0, 4), '047f');
  assert.equal(hex(der.octets(Buffer.alloc(128))).slice(0, 6), '048180');
  assert.equal(hex(der.octets(Buffer.alloc(65_536))).slice(0, 10), '0483010000');
  assert.equal(hex(der.bits(Buffer.from([0x06]), 1)), '03020106');
  assert.equal(String(der.time(new Date('2049-12-31T23:59:59Z')).subarray(2)), '491231235959Z');
  assert.equal(String(der.time(new Date('2050-01-01T00:00:00Z')).subarray(2)), '20500101000000Z');
});

test('OpenSSL accepts the certificates in strict mode', { skip: needs('openssl') }, async () => {
  using folder = temporaryFolder();
  const { path } = folder;
  const { code, stdout, stderr } = await init(
    path,
    '--name',
    'Logs.example.org',
    '--name',
    '10.0.0.1',
    '--name',
    'fd00::1',
    '--client',
    'web1.example.org',
    '--client',
    'web2',
  );
  assert.deepEqual([code, stderr], [0, '']);
  const files = ['ca', 'server', 'web1.example.org', 'web2'];
  assert.deepEqual(readdirSync(path).sort(), files.flatMap((file) => [`${file}.key`, `${file}.pem`]).sort());
  for (const file of files) {
    const [cert, key] = [join(path, `${file}.pem`), join(path, `${file}.key`)];
    const purpose = { ca: 'any', server: 'sslserver' }[file] ?? 'sslclient';
    const verified = openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(path, 'ca.pem'), cert);
    assert.match(verified, /: OK/);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(statSync(cert).mode & 0o777, 0o644);
    const own = createPublicKey(readFileSync(key)).export({ type: 'spki', format: 'pem' });
    assert.equal(openssl('x509', '-noout', '-pubkey', '-in', cert), own);
  }
  assert.throws(() =>
    openssl('verify', '-purpose', 'sslserver', '-CAfile', join(path, 'ca.pem'), join(path, 'web2.pem')),
  );
  const names = openssl('x509', '-noout', '-ext', 'subjectAltName', '-in', join(path, 'server.pem'));
  assert.match(names, /DNS:logs\.example\.org, IP Address:10\.0\.0\.1, IP Address:FD00:0:0:0:0:0:0:1/);
  assert.match(stdout, /tls: \{cert: \S+\/server\.pem, key: \S+\/server\.key, ca: \S+\/ca\.pem\}/);
});

test('a second run of tls init keeps existing files and creates missing ones', async () => {
  using folder = temporaryFolder();
  const { path } = folder;
  const first = await init(path, '--name', 'logs');
  assert.match(first.stdout, /created {2}\S+ca\.pem {2}valid until 20\d\d/);
  assert.match(first.stdout, /Clients need no certificate yet: anyone who can reach the port may send/);
  const before = readdirSync(path).map((file) => readFileSync(join(path, file), 'utf8'));
  const second = await init(path, '--client', 'web1', '--days', '30');
  assert.match(second.stdout, /kept {5}\S+ca\.pem.*kept {5}\S+server\.pem.*created {2}\S+web1\.pem/s);
  assert.match(second.stdout, /The server's names are logs\./);
  const ca = new X509Certificate(readFileSync(join(path, 'ca.pem')));
  const web1 = new X509Certificate(readFileSync(join(path, 'web1.pem')));
  assert.ok(web1.checkIssued(ca) && web1.verify(ca.publicKey));
  const left = (web1.validToDate.getTime() - Date.now()) / 86_400_000;
  assert.ok(left > 29.9 && left < 30.1);
  for (const text of before)
    assert.ok(readdirSync(path).some((file) => readFileSync(join(path, file), 'utf8') === text));
});

test('tls init refuses what it cannot create, with the remedy', async () => {
  using folder = temporaryFolder();
  const { path } = folder;
  const refused = async (flags: string[], reason: RegExp) => {
    const { code, stderr } = await init(path, ...flags);
    assert.equal(code, 2);
    assert.match(stderr, reason);
  };
  await refused(
    ['--name', '*.example.org'],
    /cannot create a certificate for "\*\.example\.org": it is neither a host name nor an IP address/,
  );
  await refused(['--client', '../x'], /neither a host name nor an IP address/);
  await refused(['--client', 'ca'], /cannot create a client named ca: its files would replace those of the CA/);
  await refused(['--days', '0'], /--days "0": it takes a whole number, 1 or more/);
  assert.deepEqual(readdirSync(path), []);
  await init(path, '--name', 'logs');
  await refused(
    ['--name', 'other'],
    /cannot add the server name other: its certificate is for logs; to create a new one, move/,
  );
  renameSync(join(path, 'server.key'), join(path, 'elsewhere'));
  await refused([], /cannot create \S+server\.key: \S+server\.pem exists without it; restore/);
  renameSync(join(path, 'elsewhere'), join(path, 'server.key'));
  renameSync(join(path, 'ca.key'), join(path, 'elsewhere'));
  await refused([], /cannot create \S+ca\.key: \S+ca\.pem exists without it/);
  writeFileSync(join(path, 'ca.key'), readFileSync(join(path, 'elsewhere')));
  const { code } = await runFake(['tls']);
  assert.equal(code, 2);
});

test('tls init says at once if a folder cannot be created', {
  skip: existsSync('/proc/self') ? false : absent('/proc'),
}, async () => {
  const { code, stderr } = await init('/proc/no/such/folder', '--name', 'logs');
  assert.equal(code, 2);
  assert.match(stderr, /cannot create the folder \/proc\/no\/such\/folder: ENOENT: .*; use another --dir/);
});

test('a host name comes first in the certificate and in what tls init prints', async () => {
  using folder = temporaryFolder();
  const { stdout } = await init(folder.path, '--name', '127.0.0.1', '--name', 'logs.example.org');
  assert.match(stdout, /The server's names are logs\.example\.org, 127\.0\.0\.1\./);
  assert.match(stdout, /target="logs\.example\.org".*StreamDriverPermittedPeers="logs\.example\.org"/s);
  assert.match(stdout, /reaches the server as 127\.0\.0\.1 changes target="…" only/);
  const { subject, subjectAltName } = new X509Certificate(readFileSync(join(folder.path, 'server.pem')));
  assert.deepEqual([subject, subjectAltName], ['CN=logs.example.org', 'DNS:logs.example.org, IP Address:127.0.0.1']);
});

test('no certificate is valid for longer than its CA', async () => {
  using folder = temporaryFolder();
  await init(folder.path, '--name', 'logs', '--days', '36500');
  const end = (file: string) => new X509Certificate(readFileSync(join(folder.path, file))).validToDate.getTime();
  assert.ok(end('server.pem') <= end('ca.pem'));
  const far = { from: new Date('2000-01-01'), to: new Date('2090-01-01') };
  const { certificate, key } = certify({ name: 'ünïcode', use: 'ca', ...far });
  const made = new X509Certificate(certificate);
  assert.equal(made.validToDate.toISOString(), '2090-01-01T00:00:00.000Z');
  assert.ok(made.ca && made.verify(made.publicKey) && keyText(key).startsWith('-----BEGIN PRIVATE KEY-----'));
});

test('rsyslogd accepts the lines that tls init prints', { skip: needsModules('lmnsd_ossl') }, async () => {
  using folder = temporaryFolder();
  const { stdout } = await init(folder.path, '--name', 'logs.example.org', '--client', 'web1');
  const file = join(folder.path, 'rsyslog.conf');
  writeFileSync(file, stdout.slice(stdout.indexOf('global(')).replaceAll('/etc/rsyslog.d/tls', folder.path));
  const path = `${process.env['PATH']}:/usr/sbin`;
  // Throws if rsyslogd rejects the configuration.
  execFileSync('rsyslogd', ['-N1', '-f', file], { env: { PATH: path }, stdio: 'pipe' });
});

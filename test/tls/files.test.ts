import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkFiles } from '../../src/listen/contract.ts';
import { readNames } from '../../src/tls/peer.ts';
import { Certificates, days } from '../support/certificates.ts';
import { cordwood } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const certificates = new Certificates(folder.path);
const server = certificates.make('server', { name: 'logs', use: 'server' });
const other = certificates.make('other', { name: 'other', use: 'server' });
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
};
const good = { cert: server.cert, key: server.key, handshake_timeout: 10_000 };
const der = new X509Certificate(server.certText).raw;
const encrypted = createPrivateKey(server.keyPem).export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'x',
});
const over = certificates.make('over', { name: 'over', use: 'server', ...days(-9, -1) });
const soon = certificates.make('soon', { name: 'soon', use: 'server', ...days(-9, 29) });
const early = certificates.make('early', { name: 'early', use: 'server', ...days(1, 29) });

const ROWS: readonly (readonly [what: string, tls: Record<string, unknown>, reason: RegExp])[] = [
  [
    'no certificate file',
    { cert: '/nonexistent.pem' },
    /^cannot read the certificate \/nonexistent\.pem: there is no such file; `cordwood tls init`/,
  ],
  ['a folder', { cert: folder.path }, /it is a folder; name the file in it/],
  ['no key file', { key: '/nonexistent.key' }, /^cannot read the key \/nonexistent\.key: there is no such file/],
  ['no CA file', { ca: '/nonexistent.ca' }, /^cannot read the CA \/nonexistent\.ca/],
  [
    'exchanged',
    { cert: server.key, key: server.cert },
    /cannot use the certificate \S+: it holds a private key; are cert and key exchanged\?/,
  ],
  [
    'a certificate as key',
    { key: other.cert },
    /cannot use the key \S+: it holds a certificate; are cert and key exchanged\?/,
  ],
  ['an empty file', { cert: file('empty', '\n') }, /it is empty/],
  ['another text', { cert: file('text', 'hello') }, /it holds no PEM certificate/],
  ['DER', { cert: file('der', der) }, /it is not PEM but DER; convert it: openssl x509 -inform der/],
  [
    'a damaged certificate',
    { cert: file('cut', server.certText.replace(/\n.{20}/, '\n')) },
    /certificate 1 in it is damaged/,
  ],
  [
    'a damaged one in the chain',
    { cert: file('chain', `${server.certText}${other.certText.replace(/\n.{20}/, '\n')}`) },
    /certificate 2 in it is damaged/,
  ],
  [
    'a damaged key',
    { key: file('cut.key', server.keyPem.replace(/\n.{8}/, '\n')) },
    /cannot use the key \S+: it is damaged/,
  ],
  ['no key in the file', { key: file('no.key', 'hello') }, /it holds no PEM private key/],
  [
    'an encrypted key',
    { key: file('enc.key', encrypted) },
    /it is encrypted; store it without a passphrase: openssl pkey -in/,
  ],
  [
    "another one's key",
    { key: other.key },
    /cannot use the key \S+other\.key: it does not belong to the certificate \S+server\.pem/,
  ],
  ['a CA that is none', { ca: other.cert }, /cannot use the CA \S+: it is a certificate, but not that of a CA/],
  [
    'expired',
    { cert: over.cert, key: over.key },
    /the certificate \S+over\.pem expired on \d{4}-\d\d-\d\d; put a new one/,
  ],
  ['not valid yet', { cert: early.cert, key: early.key }, /is not valid before \d{4}-\d\d-\d\d; is this clock right\?/],
];

for (const [what, tls, reason] of ROWS) {
  test(`files of TLS: ${what}`, async () => {
    const [report, ...rest] = await checkFiles([{ name: 'a' }, { name: 'b', tls: { ...good, ...tls } }]);
    assert.deepEqual([report?.listener, report?.fatal, rest], ['b', true, []]);
    assert.match(report!.text, reason);
  });
}

test('files of TLS: good ones, ones that expire soon, a chain', async () => {
  const chain = file('good-chain', server.certText + certificates.ca.certificate);
  const { caFile } = certificates;
  const settings = [good, { ...good, ca: caFile }, { ...good, cert: chain }].map((tls, index) => ({
    name: `l${index}`,
    tls,
  }));
  assert.deepEqual(
    (await checkFiles(settings)).filter(({ text }) => !text.includes('expires')),
    [],
  );
  const [report] = await checkFiles([{ name: 'a', tls: { ...good, cert: soon.cert, key: soon.key } }]);
  assert.equal(report?.fatal, false);
  assert.match(report!.text, /soon\.pem expires on \d{4}-\d\d-\d\d, in 2[89] days/);
});

test('check-config reads them, and tells all that is wrong', async () => {
  const config = file(
    'cordwood.yaml',
    `listen:
  - {kind: tcp, address: '127.0.0.1:6514', tls: {cert: server.pem, key: other.key}}
  - {kind: tcp, address: '127.0.0.1:6515', tls: {cert: absent.pem, key: other.key}}
  - {kind: tcp, address: '127.0.0.1:6516', tls: {cert: server.pem, key: server.key, ca: ca.pem}}
`,
  );
  const bad = await cordwood(['check-config', '--config', config]);
  assert.equal(bad.code, 2);
  assert.match(
    bad.stderr,
    /files it names are wrong\n {2}listener tcp0: cannot use the key .*\n {2}listener tcp1: cannot read/,
  );
  rmSync(config);
  writeFileSync(config, `listen: [{kind: tcp, address: '127.0.0.1:6514', tls: {cert: soon.pem, key: soon.key}}]\n`);
  const fine = await cordwood(['check-config', '--config', config]);
  assert.equal(fine.code, 0);
  assert.match(fine.stderr, /-- listener tcp0: the certificate .*soon\.pem expires on/);
});

test('names as Node writes them', () => {
  const names = (altName: string, cn?: unknown) => readNames(altName, cn);
  assert.deepEqual(names('DNS:A.example.org., IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:7, email:a@b, URI:x'), {
    dns: ['a.example.org'],
    ips: ['10.0.0.1', 'fd00::7'],
    forged: false,
  });
  assert.deepEqual(names('DNS:"a\\u002c DNS:b"'), { dns: ['a, dns:b'], ips: [], forged: false });
  assert.equal(names('DNS:"a\\u0000.b"').forged, true);
  assert.equal(names('DNS:"unclosed\\').forged, true);
  assert.deepEqual(names('DNS:"\\x"').dns, []);
  assert.deepEqual(names('', ['a', 'b']), { dns: [], ips: [], forged: false });
  assert.deepEqual(names('', 'a'), { dns: [], ips: [], cn: 'a', forged: false });
  assert.equal(names('', 'a\0b').forged, true);
});

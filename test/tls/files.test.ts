import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkFiles } from '../../src/listen/contract.ts';
import { readNames } from '../../src/tls/peer-names.ts';
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
    /^cannot read the certificate \/nonexistent\.pem: the file does not exist; `cordwood tls init`/,
  ],
  ['a folder', { cert: folder.path }, /it is a folder; name a file/],
  ['no key file', { key: '/nonexistent.key' }, /^cannot read the key \/nonexistent\.key: the file does not exist/],
  ['no CA file', { ca: '/nonexistent.ca' }, /^cannot read the CA \/nonexistent\.ca/],
  [
    'swapped files',
    { cert: server.key, key: server.cert },
    /cannot use the certificate \S+: it contains a private key; are cert and key swapped\?/,
  ],
  [
    'a certificate as key',
    { key: other.cert },
    /cannot use the key \S+: it contains a certificate; are cert and key swapped\?/,
  ],
  ['an empty file', { cert: file('empty', '\n') }, /it is empty/],
  ['another text', { cert: file('text', 'hello') }, /it contains no PEM certificate/],
  ['DER', { cert: file('der', der) }, /it is not PEM but DER; convert it: openssl x509 -inform der/],
  [
    'a damaged certificate',
    { cert: file('cut', server.certText.replace(/\n.{20}/, '\n')) },
    /certificate 1 in it is damaged/,
  ],
  [
    'a damaged certificate in the chain',
    { cert: file('chain', `${server.certText}${other.certText.replace(/\n.{20}/, '\n')}`) },
    /certificate 2 in it is damaged/,
  ],
  [
    'a damaged key',
    { key: file('cut.key', server.keyPem.replace(/\n.{8}/, '\n')) },
    /cannot use the key \S+: it is damaged/,
  ],
  ['no key in the file', { key: file('no.key', 'hello') }, /it contains no PEM private key/],
  [
    'an encrypted key',
    { key: file('enc.key', encrypted) },
    /it is encrypted; store it without a passphrase: openssl pkey -in/,
  ],
  [
    'the key of another certificate',
    { key: other.key },
    /cannot use the key \S+other\.key: it does not belong to the certificate \S+server\.pem/,
  ],
  ['a CA that is not one', { ca: other.cert }, /cannot use the CA \S+: it is not a CA certificate/],
  [
    'an expired certificate',
    { cert: over.cert, key: over.key },
    /the certificate \S+over\.pem expired on \d{4}-\d\d-\d\d; replace the file/,
  ],
  [
    'a certificate that is not valid yet',
    { cert: early.cert, key: early.key },
    /is not valid before \d{4}-\d\d-\d\d; check the clock of this machine/,
  ],
];

for (const [what, tls, reason] of ROWS) {
  test(`checking the TLS files reports ${what}`, async () => {
    const [report, ...rest] = await checkFiles([{ name: 'a' }, { name: 'b', tls: { ...good, ...tls } }]);
    assert.deepEqual([report?.listener, report?.fatal, rest], ['b', true, []]);
    assert.match(report!.text, reason);
  });
}

test('checking the TLS files accepts good ones and chains, and warns of an expiry that is near', async () => {
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

test('check-config reads the TLS files and reports all problems', async () => {
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
    /files it names cannot be used\n {2}listener tcp0: cannot use the key .*\n {2}listener tcp1: cannot read/,
  );
  rmSync(config);
  writeFileSync(config, `listen: [{kind: tcp, address: '127.0.0.1:6514', tls: {cert: soon.pem, key: soon.key}}]\n`);
  const fine = await cordwood(['check-config', '--config', config]);
  assert.equal(fine.code, 0);
  assert.match(fine.stderr, /-- listener tcp0: the certificate .*soon\.pem expires on/);
});

test('certificate names are read as Node formats them', () => {
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
  for (const unseen of ['\u009b31m', '\u202e', '\u200b', '\t', '\n']) {
    assert.equal(names('', `a${unseen}b`).forged, true);
  }
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { needs } from '../support/require.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { listen } from '../listen/harness.ts';

const skip = needs('openssl');
const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const file = (name: string): string => join(folder.path, name);

/** Makes `name`.pem and `name`.key with OpenSSL, signed by `issuer` or by itself. */
function make(name: string, kind: 'ca' | 'leaf', issuer?: string): void {
  const constraints = kind === 'ca' ? 'critical,CA:TRUE' : 'critical,CA:FALSE';
  const signer = issuer === undefined ? [] : ['-CA', file(`${issuer}.pem`), '-CAkey', file(`${issuer}.key`)];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '60'];
  const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-subj', `/CN=${name}`];
  const extensions = ['-addext', `basicConstraints=${constraints}`, '-addext', `subjectAltName=DNS:${name}`];
  execFileSync('openssl', [...args, ...out, ...extensions, ...signer], { stdio: 'pipe' });
}

const text = (name: string): string => readFileSync(file(name), 'utf8');

if (!skip) {
  for (const root of ['root', 'other']) make(root, 'ca');
  make('intermediate', 'ca', 'root');
  make('second', 'ca', 'root');
  make('server', 'leaf', 'root');
  make('web1', 'leaf', 'intermediate');
  make('web2', 'leaf', 'second');
  make('web3', 'leaf', 'other');
  make('web4', 'leaf', 'root');
  writeFileSync(file('both.pem'), text('intermediate.pem') + text('root.pem'));
  writeFileSync(file('two.pem'), text('intermediate.pem') + text('second.pem'));
  writeFileSync(file('without root.pem'), text('intermediate.pem') + text('other.pem'));
}

/** Which clients a CA file admits by the certificates that they send; otherwise the reason that the log says. */
const OUTCOMES: readonly (readonly [ca: string, sent: string[], refused?: RegExp])[] = [
  ['root', ['web1'], /if an intermediate CA signed it, let the client send that one, too/],
  ['root', ['web1', 'intermediate']],
  ['both', ['web1']],
  ['both', ['web1', 'intermediate']],
  ['both', ['web2'], /not from a CA of tls\.ca/],
  ['both', ['web3'], /not from a CA of tls\.ca/],
  ['both', ['web4']],
  ['without root', ['web1'], /the CA above its own is missing in tls\.ca; append the certificate of the root/],
  ['without root', ['web3']],
];

for (const [ca, sent, refused] of OUTCOMES) {
  const what = `a client that sends ${sent.join(' and ')}`;
  test(`a listener whose CA file is "${ca}" ${refused ? 'refuses' : 'admits'} ${what}`, { skip }, async () => {
    const tls = { cert: file('server.pem'), key: file('server.key'), ca: file(`${ca}.pem`) };
    await using harness = await listen('tcp', { settings: { tls } });
    const cert = sent.map((each) => text(`${each}.pem`)).join('');
    const sender = await TcpSender.secure(harness.address, { cert, key: text(`${sent[0]}.key`) });
    await sender.write('<13>hello\n').catch(() => {});
    const count = (): number => harness.counter('connections.refused.tls_certificate');
    await until('the outcome', () => harness.spool.stored.length + count() === 1);
    await sender[Symbol.asyncDispose]();
    assert.equal(harness.spool.stored[0]?.source.peer_cn, refused ? undefined : sent[0]);
    assert.match(harness.warnings.join('\n'), refused ?? /^$/);
  });
}

test('a CA file without the root is refused at the start, with the name of the root', { skip }, async () => {
  for (const ca of ['intermediate', 'two']) {
    const tls = { cert: file('server.pem'), key: file('server.key'), ca: file(`${ca}.pem`) };
    const said =
      /intermediate CA "CN=(intermediate|second)" without its root "CN=root", .*; append the certificate of "CN=root"/;
    await assert.rejects(listen('tcp', { settings: { tls } }), said);
  }
});

test('check-config refuses a CA file without the root', { skip }, async () => {
  const config = file('cordwood.yaml');
  const tls = '{cert: server.pem, key: server.key, ca: intermediate.pem}';
  writeFileSync(config, `listen:\n  - {kind: tcp, address: '127.0.0.1:0', tls: ${tls}}\n`);
  const { code, stderr } = await cordwood(['check-config', '--config', config]);
  assert.equal(code, 2);
  assert.match(stderr, /cannot use the CA \S+intermediate\.pem: it contains the intermediate CA "CN=intermediate"/);
});

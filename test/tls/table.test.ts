import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { Certificates, days, type Made } from '../support/certificates.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { listen } from '../listen/harness.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const ours = new Certificates(`${folder.path}/ours`);
const theirs = new Certificates(`${folder.path}/theirs`, 'another CA');
const server = ours.make('server', { name: 'logs', use: 'server', alternatives: ['logs.example.org', '127.0.0.1'] });

const named = (...alternatives: string[]) => ours.make(alternatives[0]!, { name: 'x', alternatives });
const web1 = named('web1.example.org');
const alone = ours.make('alone', { name: 'alone' }, 'itself');
const selfSigned = ours.write(
  'self',
  ours.ca.certificate,
  String(ours.ca.key.export({ type: 'pkcs8', format: 'pem' })),
);
const pinned = named('pinned');
const expired = ours.make('expired', { name: 'x', alternatives: ['web1.example.org'], ...days(-5, -1) });
const early = ours.make('early', { name: 'x', alternatives: ['web1.example.org'], ...days(1, 5) });
const otherCa = theirs.make('otherCa', { name: 'x', alternatives: ['web1.example.org'] });
const wrongUse = ours.make('use', { name: 'x', use: 'server', alternatives: ['web1.example.org'] });
const byName = (name: string, ...alternatives: string[]) =>
  ours.make(`cn-${name.replace(/\W/g, '_')}`, { name, alternatives });
const fingerprint = (made: Made) => `SHA256:${new X509Certificate(made.certText).fingerprint256}`;

const files = { cert: server.cert, key: server.key };
const LISTENERS = {
  open: files,
  any: { ...files, ca: ours.caFile },
  listed: {
    ...files,
    ca: ours.caFile,
    allow: [
      'web1.example.org',
      '*.lan.example.org',
      '10.1.2.3',
      'fd00::7',
      'single',
      fingerprint(pinned).toLowerCase(),
    ],
  },
  pinned: {
    ...files,
    allow: [fingerprint(alone).replaceAll(':', '').replace('SHA256', 'sha-256:'), fingerprint(expired)],
  },
} as const;

const OLD: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };

type Row = readonly [
  listener: keyof typeof LISTENERS,
  what: string,
  client: Made | undefined,
  outcome: string,
  options?: ConnectionOptions,
];
/** The outcome is the name that is stored, or the counter of the refusal. */
const ROWS: readonly Row[] = [
  ['open', 'no certificate', undefined, '-'],
  ['open', 'a certificate that was not requested', web1, '-'],
  ['open', 'TLS 1.2', undefined, '-', { maxVersion: 'TLSv1.2' }],
  ['open', 'TLS 1.3', undefined, '-', { minVersion: 'TLSv1.3' }],
  ['open', 'TLS 1.1', undefined, 'tls_version', OLD],
  ['any', 'TLS 1.1', web1, 'tls_version', OLD],
  ['any', 'no certificate', undefined, 'tls_certificate'],
  ['any', 'no certificate, TLS 1.2', undefined, 'tls_certificate', { maxVersion: 'TLSv1.2' }],
  ['any', 'any certificate of the CA', web1, 'x'],
  ['any', 'any certificate of the CA, TLS 1.2', web1, 'x', { maxVersion: 'TLSv1.2' }],
  ['any', 'expired', expired, 'tls_certificate'],
  ['any', 'not valid yet', early, 'tls_certificate'],
  ['any', 'from another CA', otherCa, 'tls_certificate'],
  ['any', 'self-signed', alone, 'tls_certificate'],
  ['any', 'a certificate for servers', wrongUse, 'tls_certificate'],
  ['listed', 'the name', web1, 'web1.example.org'],
  ['listed', 'the name in capitals, second of two', named('b.example.org', 'WEB1.example.org'), 'web1.example.org'],
  ['listed', 'another name', named('web2.example.org'), 'tls_name'],
  ['listed', 'a name with the same beginning', named('web1.example.org.evil.org'), 'tls_name'],
  ['listed', 'below the wildcard', named('a.lan.example.org'), 'a.lan.example.org'],
  ['listed', 'two labels below the wildcard', named('a.b.lan.example.org'), 'tls_name'],
  ['listed', 'the wildcard without its label', named('lan.example.org'), 'tls_name'],
  ['listed', 'a wildcard certificate for the name', named('*.example.org'), '*.example.org'],
  ['listed', 'a wildcard certificate with * in mid-label', named('web*.example.org'), 'tls_name'],
  ['listed', 'a wildcard certificate for a whole domain', named('*.org'), 'tls_name'],
  ['listed', 'the address', named('10.1.2.3'), '10.1.2.3'],
  ['listed', 'the IPv6 address in another spelling', named('fd00:0::7'), 'fd00::7'],
  ['listed', 'another address', named('10.1.2.4'), 'tls_name'],
  ['listed', 'the common name, no alternative name', byName('web1.example.org'), 'web1.example.org'],
  ['listed', 'the common name beside an alternative name', byName('web1.example.org', 'other.example.org'), 'tls_name'],
  ['listed', 'a common name that looks like the address', byName('10.1.2.3'), 'tls_name'],
  ['listed', 'a NUL in the name', named('web1.example.org\0.evil.org'), 'tls_name'],
  ['listed', 'a NUL in another name', named('web1.example.org', 'a\0b'), 'tls_name'],
  ['listed', 'a comma in the name', named('x, DNS:web1.example.org'), 'tls_name'],
  ['listed', 'the fingerprint', pinned, 'x'],
  ['listed', 'the name, expired', expired, 'tls_certificate'],
  ['listed', 'the name, from another CA', otherCa, 'tls_certificate'],
  ['listed', 'no certificate', undefined, 'tls_certificate'],
  ['pinned', 'the fingerprint, self-signed', alone, 'alone'],
  ['pinned', 'the fingerprint, expired', expired, 'tls_certificate'],
  ['pinned', 'another fingerprint, from a CA', web1, 'tls_name'],
  ['pinned', 'a CA certificate', selfSigned, 'tls_name'],
  ['pinned', 'no certificate', undefined, 'tls_certificate'],
];

for (const name of Object.keys(LISTENERS) as (keyof typeof LISTENERS)[]) {
  test(`a listener with the settings "${name}" admits the right clients`, async (context) => {
    await using harness = await listen('tcp', { settings: { tls: LISTENERS[name] } });
    for (const [listener, what, client, outcome, options] of ROWS) {
      if (listener !== name) continue;
      await context.test(`${what}: ${outcome}`, async () => {
        assert.equal(
          await outcomeOf(harness, { ...options, ...(client && { cert: client.certText, key: client.keyPem }) }),
          outcome,
        );
      });
    }
    assert.equal(harness.counter('connections.open'), 0);
  });
}

const REASONS = ['tls_version', 'tls_hangup', 'tls_handshake', 'tls_timeout', 'tls_certificate', 'tls_name', 'gone'];

async function outcomeOf(harness: Awaited<ReturnType<typeof listen>>, options: ConnectionOptions): Promise<string> {
  const before = new Map(REASONS.map((reason) => [reason, harness.counter(`connections.refused.${reason}`)]));
  const stored = harness.spool.stored.length;
  try {
    await using sender = await TcpSender.secure(harness.address, options);
    await sender.write('<13>hello\n').catch(() => {});
    sender.socket.end();
    await sender.closed();
  } catch {
    // The client noticed the refusal before its handshake was over.
  }
  await until('the end of the connection', () => harness.counter('connections.open') === 0);
  const refused = REASONS.filter((reason) => harness.counter(`connections.refused.${reason}`) > before.get(reason)!);
  const arrived = harness.spool.stored.slice(stored);
  if (refused.length + arrived.length !== 1) return `refused as ${refused.join(' and ')}, stored ${arrived.length}`;
  const { source } = arrived[0] ?? {};
  if (source && (source.transport !== 'tls' || source.listener !== 'tcp0')) return JSON.stringify(source);
  return refused[0] ?? source?.peer_cn ?? '-';
}

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, test } from 'node:test';
import { Certificates, days, type Made } from '../support/certificates.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { listen } from '../listen/harness.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const ours = new Certificates(`${folder.path}/ours`);
const server = ours.make('server', { name: 'logs', use: 'server', alternatives: ['127.0.0.1'] });
const edge = ours.make('edge', { name: 'the edge', alternatives: ['edge1.example.org'] });
const web = ours.make('web', { name: 'web1', alternatives: ['web1.example.org'] });
const alone = ours.make('alone', { name: 'alone' }, 'itself');
const expired = ours.make('expired', { name: 'old', ...days(-5, -1) }, 'itself');
const fingerprint = (made: Made) => `SHA256:${new X509Certificate(made.certText).fingerprint256}`;
const files = { cert: server.cert, key: server.key };

/** Under which name a client is a relay, and its name in messages. */
async function relayOf(settings: Record<string, unknown>, client: Made | undefined): Promise<unknown> {
  await using harness = await listen('tcp', { settings });
  const identity = client && { cert: client.certText, key: client.keyPem };
  await using sender =
    'tls' in settings
      ? await TcpSender.secure(harness.address, identity ?? {})
      : await TcpSender.connect(harness.address);
  await sender.write('<13>hello\n');
  sender.socket.end();
  await sender.closed();
  const { relay, peer_cn } = harness.spool.stored[0]!.source as { relay?: string; peer_cn?: string };
  return [relay, peer_cn];
}

test('with a CA, a relay is known by the name that the list has, and others are admitted as senders', async () => {
  const settings = { tls: { ...files, ca: ours.caFile }, relays: ['*.example.org', fingerprint(alone)] };
  assert.deepEqual(await relayOf({ ...settings, relays: ['edge1.example.org'] }, edge), [
    'edge1.example.org',
    'the edge',
  ]);
  assert.deepEqual(await relayOf({ ...settings, relays: ['edge1.example.org'] }, web), [undefined, 'web1']);
  assert.deepEqual(await relayOf(settings, web), ['web1.example.org', 'web1']);
});

test('without a CA, only the listed fingerprint makes a relay, and clients need no certificate', async () => {
  const settings = { tls: files, relays: [fingerprint(alone)] };
  assert.deepEqual(await relayOf(settings, alone), ['alone', 'alone']);
  assert.deepEqual(await relayOf(settings, web), [undefined, undefined]);
  assert.deepEqual(await relayOf(settings, undefined), [undefined, undefined]);
  await assert.rejects(
    relayOf({ tls: files, relays: [fingerprint(expired)] }, expired),
    'an expired certificate is refused',
  );
});

test('without TLS, a relay is known by its address', async () => {
  assert.deepEqual(await relayOf({ relays: ['127.0.0.0/8'] }, undefined), ['127.0.0.1', undefined]);
  assert.deepEqual(await relayOf({ relays: ['10.0.0.5'] }, undefined), [undefined, undefined]);
});

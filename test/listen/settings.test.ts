import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from '../../src/base/schema.ts';
import { LISTENERS } from '../../src/listen/registry.ts';
import { tcpSchema, udpSchema } from '../../src/listen/settings.ts';

const tcp = { kind: 'tcp', address: '127.0.0.1:5514' };

test('every limit has a default in ms or bytes', () => {
  assert.deepEqual(z.parse(tcpSchema, tcp), {
    kind: 'tcp',
    address: { host: '127.0.0.1', port: 5514 },
    max_frame: 65_536,
    inflate: true,
    max_connections: 20_000,
    max_connections_per_address: 4096,
    half_frame_timeout: 60_000,
    first_byte_timeout: undefined,
    idle_timeout: undefined,
    max_age: undefined,
    keepalive: true,
    backlog: 4096,
    framing: 'auto',
  });
  assert.deepEqual(z.parse(udpSchema, { kind: 'udp', address: '[::]:514' }), {
    kind: 'udp',
    address: { host: '::', port: 514 },
    max_frame: 65_536,
    inflate: true,
    receive_buffer: 8 << 20,
  });
});

test('a time limit can be switched off and on', () => {
  const parsed = z.parse(tcpSchema, { ...tcp, half_frame_timeout: 'off', idle_timeout: '10m' });
  assert.equal(parsed.half_frame_timeout, undefined);
  assert.equal(parsed.idle_timeout, 600_000);
});

test('an impossible setting is refused with the reason', () => {
  bad({ max_frame: '257KiB' }, /the maximum is 256 KiB, because a spool record must hold two frames/);
  bad({ max_frame: '479B' }, /too small; the minimum is/);
  bad({ half_frame_timeout: 60 }, /60 is not a duration with its unit, e\.g\. 90s, 10m, or off/);
  bad({ idle_timeout: '0s' }, /"0s" is not a duration/);
  bad({ max_connections: 0 }, /expected number to be >=1/);
  bad({ name: 'TCP one' }, /is not a name/);
  bad({ colour: 'red' }, /Unrecognized key/);
});

test('a relay is listed by a name or fingerprint with TLS, by a network without', () => {
  const files = { cert: 'a.pem', key: 'a.key' };
  const fingerprint = `SHA256:${Array(32).fill('AB').join(':')}`;
  const relays = (tls: object | undefined, ...list: string[]) => ({ ...(tls && { tls }), relays: list });
  bad(
    relays(undefined, 'edge1.example.org'),
    /"edge1\.example\.org" can only be checked with TLS; set tls, or list the network/,
  );
  bad(relays(undefined, fingerprint), /can only be checked with TLS/);
  bad(relays(files, '10.0.0.0/8'), /is a network, and over TLS a certificate tells who a server is; list its name/);
  bad(
    relays(files, 'edge1.example.org'),
    /any client can claim unless `ca` is set; set tls\.ca, or list the fingerprint/,
  );
  bad(relays(files, 'edge*.example.org'), /may contain \* only as its whole first label/);
  bad({ relays: [] }, /Too small/);
  const parsed = (given: object) => z.parse(tcpSchema, { ...tcp, ...given }).relays;
  assert.deepEqual(parsed(relays(undefined, '10.0.0.5', 'fd00::/8')), ['10.0.0.5/32', 'fd00::/8']);
  assert.deepEqual(parsed(relays(files, fingerprint.toLowerCase())), [fingerprint]);
  assert.deepEqual(parsed(relays({ ...files, ca: 'ca.pem' }, 'Edge1.example.org')), ['edge1.example.org']);
});

function bad(settings: Record<string, unknown>, reason: RegExp): void {
  const result = tcpSchema.safeParse({ ...tcp, ...settings });
  const messages = result.error?.issues.map((issue) => issue.message) ?? ['accepted'];
  assert.match(messages.join('\n'), reason, JSON.stringify(settings));
}

test('each kind of listener is registered under its own name', () => {
  for (const { name, schema } of LISTENERS) {
    assert.equal(z.parse(schema, { kind: name, address: '127.0.0.1:0' }).kind, name);
  }
});

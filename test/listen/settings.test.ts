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

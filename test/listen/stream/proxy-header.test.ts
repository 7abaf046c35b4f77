import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { readProxyHeader } from '../../../src/listen/stream/proxy-header.ts';
import { v1, v2 } from '../../support/proxy-protocol.ts';

const PEER = { ip: '203.0.113.9', port: 51_413 };
const LOCAL = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\0\0\0', 'latin1')]);

const COMPLETE: readonly (readonly [what: string, header: Buffer, source: object | undefined])[] = [
  ['version 1, IPv4', v1(PEER), PEER],
  ['version 1, IPv6, any spelling', v1({ ip: '2001:DB8:0:0::9', port: 1 }), { ip: '2001:db8::9', port: 1 }],
  ['version 1, an IPv4 peer of an IPv6 socket', v1({ ip: '::ffff:203.0.113.9', port: 2 }), { ...PEER, port: 2 }],
  ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['version 1, unknown, addresses that must be ignored', Buffer.from('PROXY UNKNOWN ffff:f x 1\r\n'), undefined],
  ['version 2, IPv4', v2(PEER), PEER],
  ['version 2, IPv6', v2({ ip: '2001:db8::9', port: 65_535 }), { ip: '2001:db8::9', port: 65_535 }],
  ['version 2, an IPv4 peer of an IPv6 socket', v2({ ip: '::ffff:203.0.113.9', port: 3 }), { ...PEER, port: 3 }],
  ['version 2 with TLVs, 536 bytes', v2(PEER, Buffer.alloc(508)), PEER],
  ['version 2, local: a health check', LOCAL, undefined],
  [
    'version 2, a unix socket',
    Buffer.concat([LOCAL.subarray(0, 12), Buffer.from([0x21, 0x31, 0, 216]), Buffer.alloc(216)]),
    undefined,
  ],
];

test('a header gives the address it names, however its bytes are split, and not a byte behind it', () => {
  for (const [what, header, source] of COMPLETE) {
    const expected = { kind: 'complete', bytes: header.length, ...(source && { source }) };
    assert.deepEqual(readProxyHeader(header), expected, what);
    assert.deepEqual(readProxyHeader(Buffer.concat([header, Buffer.from('<13>line\n\x16\x03')])), expected, what);
    for (let end = 1; end < header.length; end++) {
      assert.equal(readProxyHeader(header.subarray(0, end)).kind, 'incomplete', `${what}, ${end} bytes of it`);
    }
  }
});

const INVALID: readonly (readonly [what: string, bytes: Buffer, reason: RegExp])[] = [
  ['a syslog line', Buffer.from('<'), /no PROXY header; set send-proxy-v2 at the balancer, or remove/],
  ['a TLS handshake', Buffer.from('\x16\x03\x01'), /no PROXY header/],
  ['almost a signature', Buffer.from('\r\n\r\n\0\r\nQUIX'), /no PROXY header/],
  ['version 1 without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(96)}`), /more than 107 bytes/],
  ['version 1, a family that is none', Buffer.from('PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n'), /rules of version 1/],
  ['version 1, no address', Buffer.from('PROXY TCP4 1.2.3.4.5 1.2.3.4 1 1\r\n'), /rules of version 1/],
  ['version 1, an address of the other family', Buffer.from('PROXY TCP4 ::1 ::1 1 1\r\n'), /rules of version 1/],
  ['version 1, a zone', Buffer.from('PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n'), /rules of version 1/],
  ['version 1, a port that is none', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n'), /rules of version 1/],
  ['version 1, a port with a zero before it', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n'), /rules of version 1/],
  ['version 1, no CR', Buffer.from('PROXY UNKNOWN\n'), /rules of version 1/],
  ['version 1, a NUL', Buffer.from('PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n'), /rules of version 1/],
  ['version 2, 537 bytes', v2(PEER, Buffer.alloc(509)).subarray(0, 16), /more than 536 bytes; send fewer TLVs/],
  ['version 2, 64 KiB', v2(PEER, Buffer.alloc(65_000)), /more than 536 bytes/],
  ['version 3', changed(12, 0x31), /rules of version 2/],
  ['version 2, a command that is none', changed(12, 0x22), /rules of version 2/],
  ['version 2, datagrams', changed(13, 0x12), /rules of version 2/],
  ['version 2, too short for its addresses', changed(15, 11), /rules of version 2/],
];

function changed(at: number, byte: number): Buffer {
  const header = v2(PEER);
  header[at] = byte;
  return header;
}

test('what is no header is refused with its reason', () => {
  for (const [what, bytes, reason] of INVALID) {
    const header = readProxyHeader(bytes);
    assert.equal(header.kind, 'invalid', what);
    assert.match(header.kind === 'invalid' ? header.reason : '', reason, what);
  }
});

test('any bytes are a header, no header, or too few bytes, which they are not from 536 bytes on', () => {
  const starts = [
    '',
    'PROXY ',
    'PROXY TCP4 ',
    '\r\n\r\n\0\r\nQUIT\n',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11',
    '\r\n\r\n\0\r\nQUIT\n\x21\x21\x02',
  ];
  const start = fc.constantFrom(...starts.map((text) => Buffer.from(text, 'latin1')));
  const input = fc.tuple(start, fc.uint8Array({ maxLength: 600 })).map((parts) => Buffer.concat(parts));
  const law = fc.property(input, fc.nat(600), (bytes, cut) => {
    const header = readProxyHeader(bytes);
    if (header.kind === 'incomplete') assert.ok(bytes.length < 536);
    if (header.kind === 'complete') assert.ok(header.bytes <= Math.min(bytes.length, 536));
    const before = readProxyHeader(bytes.subarray(0, Math.max(1, cut)));
    if (before.kind !== 'incomplete' && cut > 0) assert.deepEqual(header, before);
  });
  fc.assert(law, { numRuns: Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) });
});

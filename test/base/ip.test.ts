import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressBytes,
  canonicalAddress,
  NetworkSet,
  parseNetwork,
  unmapIPv4,
  unmapNetwork,
} from '../../src/base/ip.ts';

test('an IPv4-mapped IPv6 address is written as IPv4, any other address stays', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['0:0:0:0:0:FFFF:10.0.0.1', '10.0.0.1'],
    ['::FFFF:192.0.2.255', '192.0.2.255'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['::ffff:1', '::ffff:1'],
    ['::10.0.0.1', '::10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::10.0.0.1'],
    ['', ''],
  ];
  for (const [address, expected] of cases) assert.equal(unmapIPv4(address), expected, address);
});

test('each spelling of an IPv6 address becomes the canonical one', () => {
  assert.equal(canonicalAddress('0:0::1'), '::1');
  assert.equal(canonicalAddress('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
  assert.equal(canonicalAddress('10.0.0.1'), '10.0.0.1');
  assert.equal(canonicalAddress('fe80::1%eth0'), 'fe80::1%eth0');
  assert.equal(canonicalAddress('example.org'), 'example.org');
});

test('an address has 4 or 16 bytes in network order', () => {
  assert.deepEqual(addressBytes('10.0.2.255'), [10, 0, 2, 255]);
  assert.deepEqual(addressBytes('::'), Array(16).fill(0));
  assert.deepEqual(addressBytes('::1'), [...Array(15).fill(0), 1]);
  assert.deepEqual(addressBytes('2001:db8::ff00:42'), [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42]);
  assert.deepEqual(addressBytes('1:2:3:4:5:6:7:8'), [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]);
  assert.deepEqual(addressBytes('2001:db8::'), [0x20, 1, 0xd, 0xb8, ...Array(12).fill(0)]);
  assert.deepEqual(addressBytes('::ffff:10.0.0.1'), [...Array(10).fill(0), 255, 255, 10, 0, 0, 1]);
  assert.deepEqual(addressBytes('fe80::1%eth0'), [0xfe, 0x80, ...Array(13).fill(0), 1]);
  assert.throws(() => addressBytes('example.org'), /^RangeError: example\.org is not an IP address$/);
});

test('a network is an address with a prefix, or a single address', () => {
  assert.deepEqual(parseNetwork('10.0.0.0/8'), { address: '10.0.0.0', prefix: 8, family: 4 });
  assert.deepEqual(parseNetwork('10.0.0.7'), { address: '10.0.0.7', prefix: 32, family: 4 });
  assert.deepEqual(parseNetwork('2001:db8::/32'), { address: '2001:db8::', prefix: 32, family: 6 });
  assert.deepEqual(parseNetwork('::1'), { address: '::1', prefix: 128, family: 6 });
  for (const text of ['10.0.0.0/33', '::/129', '10.0.0/8', 'fe80::1%eth0', '10.0.0.0/', '10.0.0.0/-1', 'host', '']) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});

test('an IPv4-mapped network becomes an IPv4 network if it holds only mapped addresses', () => {
  const mapped = parseNetwork('::ffff:10.0.0.0/104')!;
  assert.deepEqual(unmapNetwork(mapped), { address: '10.0.0.0', prefix: 8, family: 4 });
  assert.equal(unmapNetwork(parseNetwork('::ffff:10.0.0.0/24')!), undefined);
  const other = parseNetwork('2001:db8::/32')!;
  assert.equal(unmapNetwork(other), other);
});

test('a set of networks contains the addresses in any of them', () => {
  const set = new NetworkSet(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'].map((text) => parseNetwork(text)!));
  for (const inside of ['10.0.0.0', '10.255.255.255', '192.0.2.7', '2001:db8:ffff::1', '2001:db8::1%eth0']) {
    assert.equal(set.has(inside), true, inside);
  }
  for (const outside of ['11.0.0.0', '9.255.255.255', '192.0.2.8', '2001:db9::', 'host', '']) {
    assert.equal(set.has(outside), false, outside);
  }
  assert.equal(new NetworkSet([]).has('10.0.0.1'), false);
});

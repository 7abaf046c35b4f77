import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Source } from '../../src/model/message.ts';
import { zonePicker, zoneTable } from '../../src/parse/index.ts';

test('zoneTable picks the zone of the longest network that holds the address', () => {
  const table = zoneTable([
    { cidr: '10.0.0.0/8', zone: 'Europe/Berlin' },
    { cidr: '10.1.0.0/16', zone: 'America/New_York' },
    { cidr: '10.1.2.3', zone: 'Asia/Tokyo' },
    { cidr: '2001:db8::/32', zone: 'Asia/Kolkata' },
    { cidr: '::ffff:192.0.2.0/120', zone: '+03:00' },
  ]);
  const ok = (ip: string, want: string | undefined) => assert.equal(table(ip), want, ip);
  ok('10.9.9.9', 'Europe/Berlin');
  ok('10.1.9.9', 'America/New_York');
  ok('10.1.2.3', 'Asia/Tokyo');
  ok('::ffff:10.1.2.3', 'Asia/Tokyo');
  ok('::FFFF:10.1.9.9', 'America/New_York');
  ok('2001:db8::7', 'Asia/Kolkata');
  ok('192.0.2.200', '+03:00');
  ok('192.0.3.1', undefined);
  ok('2001:db9::1', undefined);
  ok('', undefined);
  ok('no address', undefined);
});

test('zoneTable rejects an invalid network and names it', () => {
  for (const cidr of ['10.0.0.0/33', '10.0.0', 'fe80::/129', '::ffff:10.0.0.0/24', 'host', '']) {
    assert.throws(() => zoneTable([{ cidr, zone: 'UTC' }]), {
      name: 'RangeError',
      message: new RegExp(`^cannot read network ${cidr}`),
    });
  }
});

test('zonePicker prefers the zone of the network, then of the listener, then the default', () => {
  const pick = zonePicker({
    networks: [{ cidr: '10.0.0.0/8', zone: 'Europe/Berlin' }],
    listeners: { cisco: 'America/New_York' },
    otherwise: 'UTC',
  });
  const from = (ip: string, listener: string): Source => ({ ip, port: 514, transport: 'udp', listener });
  assert.equal(pick(from('10.0.0.1', 'cisco')), 'Europe/Berlin');
  assert.equal(pick(from('192.0.2.1', 'cisco')), 'America/New_York');
  assert.equal(pick(from('192.0.2.1', 'udp0')), 'UTC');
  assert.equal(pick(from('192.0.2.1', 'constructor')), 'UTC');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import type { Source } from '../../src/model/message.ts';
import { isZone, zone, zonePicker, zoneTable } from '../../src/parse/index.ts';

const HOUR = 3_600_000;
const utc = (text: string) => Date.parse(`${text}Z`);

test('the instant of a wall time', () => {
  const ok = (name: string, local: string, want: string, near = local) =>
    assert.equal(new Date(zone(name).utcOf(utc(local), utc(near))).toISOString(), `${want}.000Z`, `${name} ${local}`);
  ok('UTC', '2026-11-22T16:20:01', '2026-11-22T16:20:01');
  ok('Z', '2026-11-22T16:20:01', '2026-11-22T16:20:01');
  ok('+02:00', '2026-11-22T16:20:01', '2026-11-22T14:20:01');
  ok('-0530', '2026-11-22T16:20:01', '2026-11-22T21:50:01');
  ok('Europe/Berlin', '2026-07-01T12:00:00', '2026-07-01T10:00:00');
  ok('Europe/Berlin', '2026-11-22T12:00:00', '2026-11-22T11:00:00');
  ok('America/New_York', '2026-11-22T12:00:00', '2026-11-22T17:00:00');
  ok('Asia/Kathmandu', '2026-11-22T12:00:00', '2026-11-22T06:15:00');
  ok('Australia/Lord_Howe', '2026-01-10T12:00:00', '2026-01-10T01:00:00');
  // The clock goes from 02:00 to 03:00: what lies between is read with the offset that held before.
  ok('Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59');
  ok('Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00');
  ok('Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00');
  // It goes from 03:00 back to 02:00: arrival decides.
  ok('Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00', '2026-10-25T00:31:00');
  ok('Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T01:30:00', '2026-10-25T01:31:00');
  ok('Europe/Berlin', '2026-10-25T01:59:59', '2026-10-24T23:59:59');
  ok('Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00');
  // Far years take the nearest whose changes are looked up.
  ok('Europe/Berlin', '0001-01-01T00:00:00', '0000-12-31T23:00:00');
  ok('Europe/Berlin', '2500-01-01T00:00:00', '2499-12-31T23:00:00');
});

test('the offset is the one that Intl gives', () => {
  const names = ['Europe/Berlin', 'America/New_York', 'Africa/Casablanca', 'Australia/Lord_Howe', 'America/St_Johns'];
  const instant = fc.integer({ min: utc('1975-01-01T00:00:00'), max: utc('2037-01-01T00:00:00') });
  fc.assert(
    fc.property(fc.constantFrom(...names), instant, (name, at) => {
      const part = Object.fromEntries(
        new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
          .formatToParts(at)
          .map(({ type, value }) => [type, value]),
      );
      const match = /GMT(?:([+-])(\d\d):(\d\d)(?::\d\d)?)?/.exec(part['timeZoneName']!)!;
      const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
      assert.equal(zone(name).offsetAt(at) / 60_000, match[1] === '-' ? -minutes : minutes);
    }),
    { numRuns: 2000 },
  );
});

test('an instant is found again from its wall time', () => {
  const instant = fc.integer({ min: utc('1990-01-01T00:00:00'), max: utc('2037-01-01T00:00:00') });
  fc.assert(
    fc.property(fc.constantFrom('Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe'), instant, (name, at) => {
      const local = at + zone(name).offsetAt(at);
      assert.equal(zone(name).utcOf(local, at), at);
      if (!zone(name).isTwice(local)) assert.equal(zone(name).utcOf(local, at + 40 * HOUR), at);
    }),
    { numRuns: 2000 },
  );
});

test('which names are zones', () => {
  for (const name of ['UTC', 'Z', 'Europe/Berlin', '+02:00', '-0530', '+1400', 'Etc/GMT+3'])
    assert.ok(isZone(name), name);
  for (const name of ['', 'Berlin', '+2', '+25:00', '+02:60', 'Europe/Nowhere', '02:00'])
    assert.ok(!isZone(name), name);
  assert.equal(zone('Europe/Nowhere').offsetAt(0), 0, 'an unknown name is UTC');
});

test('the longest network decides', () => {
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

test('a network that cannot be read is refused by name', () => {
  for (const cidr of ['10.0.0.0/33', '10.0.0', 'fe80::/129', '::ffff:10.0.0.0/24', 'host', '']) {
    assert.throws(() => zoneTable([{ cidr, zone: 'UTC' }]), {
      name: 'RangeError',
      message: new RegExp(`^cannot read network ${cidr}`),
    });
  }
});

test('network, then listener, then the rest', () => {
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

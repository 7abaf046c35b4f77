import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { zone as zoneSchema } from '../../src/base/schema.ts';
import { HOUR, MINUTE } from '../../src/base/units.ts';
import { isZone, offsetAt, zoneNamed } from '../../src/base/zone.ts';

const utc = (text: string) => Date.parse(`${text}Z`);

test('utcOf gives the instant of a wall time, also around changes of the clock', () => {
  const ok = (name: string, local: string, want: string, near = local) =>
    assert.equal(
      new Date(zoneNamed(name).utcOf(utc(local), utc(near))).toISOString(),
      `${want}.000Z`,
      `${name} ${local}`,
    );
  ok('UTC', '2026-11-22T16:20:01', '2026-11-22T16:20:01');
  ok('Z', '2026-11-22T16:20:01', '2026-11-22T16:20:01');
  ok('+02:00', '2026-11-22T16:20:01', '2026-11-22T14:20:01');
  ok('-0530', '2026-11-22T16:20:01', '2026-11-22T21:50:01');
  ok('Europe/Berlin', '2026-07-01T12:00:00', '2026-07-01T10:00:00');
  ok('Europe/Berlin', '2026-11-22T12:00:00', '2026-11-22T11:00:00');
  ok('America/New_York', '2026-11-22T12:00:00', '2026-11-22T17:00:00');
  ok('Asia/Kathmandu', '2026-11-22T12:00:00', '2026-11-22T06:15:00');
  ok('Australia/Lord_Howe', '2026-01-10T12:00:00', '2026-01-10T01:00:00');
  // The clock goes from 02:00 to 03:00: times in between are read with the offset before the change.
  ok('Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59');
  ok('Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00');
  ok('Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00');
  // The clock goes from 03:00 back to 02:00: the instant nearest to `near` counts.
  ok('Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00', '2026-10-25T00:31:00');
  ok('Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T01:30:00', '2026-10-25T01:31:00');
  ok('Europe/Berlin', '2026-10-25T01:59:59', '2026-10-24T23:59:59');
  ok('Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00');
  // Years far away take the offsets of the nearest year that is looked up.
  ok('Europe/Berlin', '0001-01-01T00:00:00', '0000-12-31T23:00:00');
  ok('Europe/Berlin', '2500-01-01T00:00:00', '2499-12-31T23:00:00');
});

test('offsetAt agrees with Intl', () => {
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
      assert.equal(zoneNamed(name).offsetAt(at) / MINUTE, match[1] === '-' ? -minutes : minutes);
    }),
    { numRuns: 2000 },
  );
});

test('utcOf inverts offsetAt', () => {
  const instant = fc.integer({ min: utc('1990-01-01T00:00:00'), max: utc('2037-01-01T00:00:00') });
  fc.assert(
    fc.property(fc.constantFrom('Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe'), instant, (name, at) => {
      const local = at + zoneNamed(name).offsetAt(at);
      assert.equal(zoneNamed(name).utcOf(local, at), at);
      if (!zoneNamed(name).isTwice(local)) assert.equal(zoneNamed(name).utcOf(local, at + 40 * HOUR), at);
    }),
    { numRuns: 2000 },
  );
});

test('isZone accepts the names that Intl knows, fixed offsets and Z', () => {
  for (const name of ['UTC', 'utc', 'GMT', 'Europe/Berlin', 'europe/berlin', 'EST', 'US/Eastern', 'Etc/GMT+3'])
    assert.ok(isZone(name), name);
  for (const name of ['+02:00', '-0530', '+02', '+1400', '+18:30', '-23:59', 'Z', 'z']) assert.ok(isZone(name), name);
  for (const name of ['', ' ', 'Berlin', '+2', '+020', '+24:00', '+02:60', '02:00', '+02:00:00', 'Europe/Nowhere'])
    assert.ok(!isZone(name), name);
});

test('every zone that the configuration accepts gives offsets', () => {
  const offsets = { '+02': 2 * HOUR, '+0200': 2 * HOUR, '-05:30': -5.5 * HOUR, '+23:59': 24 * HOUR - MINUTE, Z: 0 };
  for (const [name, offset] of Object.entries(offsets)) {
    assert.equal(zoneSchema().parse(name), name);
    assert.equal(offsetAt(0, name), offset, name);
    assert.equal(zoneNamed(name).utcOf(offset, 0), 0, name);
  }
  assert.equal(zoneSchema().safeParse('+24:00').success, false);
});

test('an unknown zone is read as UTC', () => {
  assert.equal(zoneNamed('Europe/Nowhere').offsetAt(utc('2026-07-01T00:00:00')), 0);
});

test('without a name, the zone is that of this machine', () => {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const instant = fc.integer({ min: utc('1975-01-01T00:00:00'), max: utc('2037-01-01T00:00:00') });
  fc.assert(fc.property(instant, (at) => assert.equal(offsetAt(at, undefined), offsetAt(at, own))));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { CordwoodError } from '../../src/base/errors.ts';
import { formatFull, parseSpan, parseTime } from '../../src/query/time.ts';

/** A Sunday afternoon in Berlin, winter. */
const NOW = Date.parse('2026-11-22T15:20:30.500Z');
const HOUR = 3_600_000;

function ok(text: string, want: string, zone = 'Europe/Berlin'): void {
  assert.equal(new Date(parseTime(text, { now: NOW, zone })).toISOString(), new Date(want).toISOString(), text);
}

test('parseTime reads days and times of day', () => {
  ok('2012-10-30 18:17:16', '2012-10-30T17:17:16Z');
  ok('2012-10-30 18:17', '2012-10-30T17:17:00Z');
  ok('2012-10-30', '2012-10-29T23:00:00Z');
  ok('2012-7-3', '2012-07-02T22:00:00Z');
  ok('18:17', '2026-11-22T17:17:00Z');
  ok('8:05:07', '2026-11-22T07:05:07Z');
  ok('today', '2026-11-21T23:00:00Z');
  ok('yesterday', '2026-11-20T23:00:00Z');
  ok('tomorrow', '2026-11-22T23:00:00Z');
  ok('Yesterday 18:17', '2026-11-21T17:17:00Z');
  ok('Thu 2012-10-30 18:17:16', '2012-10-30T17:17:16Z');
  ok('now', '2026-11-22T15:20:30.500Z');
  ok('Nov 20 03:00:00', '2026-11-20T02:00:00Z');
  ok('Nov  2 03:00:00~', '2026-11-02T02:00:00Z');
  ok('Nov 23', '2026-11-22T23:00:00Z');
  ok('Dec 31 23:59', '2025-12-31T22:59:00Z');
  ok('Sun Nov 22 16:20:01 2020', '2020-11-22T15:20:01Z');
  ok('22 november 2019 03:00', '2019-11-22T02:00:00Z');
  ok('Nov 20 03:00:00.250 UTC', '2026-11-20T03:00:00.250Z');
});

test('parseTime reads times as people say them', () => {
  ok('noon', '2026-11-22T11:00:00Z');
  ok('yesterday noon', '2026-11-21T11:00:00Z');
  ok('midnight', '2026-11-21T23:00:00Z');
  ok('8am', '2026-11-22T07:00:00Z');
  ok('8 pm', '2026-11-22T19:00:00Z');
  ok('yesterday 8:30 p.m.', '2026-11-21T19:30:00Z');
  ok('12am', '2026-11-21T23:00:00Z');
  ok('12:15pm', '2026-11-22T11:15:00Z');
  ok('22.11.2026', '2026-11-21T23:00:00Z');
  ok('2.1.2026 14:00', '2026-01-02T13:00:00Z');
  ok('2026/11/22 14:00', '2026-11-22T13:00:00Z');
  ok('2026.11.22', '2026-11-21T23:00:00Z');
  ok('last 1h', '2026-11-22T14:20:30.500Z');
  ok('last 2 hours', '2026-11-22T13:20:30.500Z');
  ok('the last hour', '2026-11-22T14:20:30.500Z');
  ok('past 30 minutes', '2026-11-22T14:50:30.500Z');
  ok('last week', '2026-11-15T15:20:30.500Z');
  ok('an hour ago', '2026-11-22T14:20:30.500Z');
  ok('a day ago', '2026-11-21T15:20:30.500Z');
});

test('parseTime refuses what has two readings, or none', () => {
  for (const text of [
    '13pm',
    '0am',
    '22.11.26',
    '11/22/2026',
    '31.2.2026',
    'last',
    'last Friday',
    'last month',
    'a while ago',
  ])
    assert.throws(() => parseTime(text, { now: NOW, zone: 'UTC' }), CordwoodError, text);
});

test('parseTime reads a duration as a time ago unless it has a plus sign', () => {
  ok('-1h', '2026-11-22T14:20:30.500Z');
  ok('5m', '2026-11-22T15:15:30.500Z');
  ok('1h30m', '2026-11-22T13:50:30.500Z');
  ok('+1d', '2026-11-23T15:20:30.500Z');
  ok('1.5h', '2026-11-22T13:50:30.500Z');
  ok('30 min ago', '2026-11-22T14:50:30.500Z');
  ok('2 days 3 hours ago', '2026-11-20T12:20:30.500Z');
  ok('now-2h', '2026-11-22T13:20:30.500Z');
  ok('now + 1w', '2026-11-29T15:20:30.500Z');
  ok('250ms', '2026-11-22T15:20:30.250Z');
});

test('parseTime reads instants', () => {
  ok('2026-11-22T16:20:01Z', '2026-11-22T16:20:01Z');
  ok('2026-11-22t16:20:01.123456789z', '2026-11-22T16:20:01.123Z');
  ok('2026-11-22T16:20:01+05:30', '2026-11-22T10:50:01Z');
  ok('2026-11-22 16:20:01,5 -0800', '2026-11-23T00:20:01.500Z');
  ok('2026-11-22T16:20+01', '2026-11-22T15:20:00Z');
  ok('2026-11-22 16:20 UTC', '2026-11-22T16:20:00Z');
  ok('2026-07-22 16:20 America/New_York', '2026-07-22T20:20:00Z');
  ok('2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z');
  ok('@1790000000', '2026-09-21T14:13:20Z');
  ok('@1790000000.25', '2026-09-21T14:13:20.250Z');
  ok('@-1.001', '1969-12-31T23:59:58.999Z');
  ok('1790000000', '2026-09-21T14:13:20Z');
  ok('1790000000123', '2026-09-21T14:13:20.123Z');
});

test('parseTime is right where clocks change', () => {
  ok('2026-03-29 02:30', '2026-03-29T01:30:00Z');
  ok('2026-03-29 01:59:59', '2026-03-29T00:59:59Z');
  ok('2026-03-29 03:00', '2026-03-29T01:00:00Z');
  ok('2026-10-25 02:30', '2026-10-25T00:30:00Z');
  ok('2026-10-25 03:00', '2026-10-25T02:00:00Z');
  ok('2026-11-01 01:30', '2026-11-01T05:30:00Z', 'America/New_York');
  ok('2026-03-08 02:30', '2026-03-08T07:30:00Z', 'America/New_York');
  ok('2026-04-05 02:15', '2026-04-04T15:45:00Z', 'Australia/Lord_Howe');
  const day = parseSpan('2026-10-25', { now: NOW, zone: 'Europe/Berlin' });
  assert.equal(day.to - day.from, 25 * HOUR);
  const spring = { now: Date.parse('2026-03-29T12:00:00Z'), zone: 'Europe/Berlin' };
  assert.equal(parseTime('tomorrow', spring) - parseTime('today', spring), 23 * HOUR);
});

test('parseSpan returns how much a time covers', () => {
  const covers = (text: string, ms: number, exact: boolean): void => {
    const span = parseSpan(text, { now: NOW, zone: 'Europe/Berlin' });
    assert.deepEqual([span.to - span.from, span.exact], [ms, exact], text);
  };
  covers('2026-11-22', 24 * HOUR, false);
  covers('today', 24 * HOUR, false);
  covers('16:20', 60_000, false);
  covers('2026-11-22T16:20:01Z', 1000, false);
  covers('2026-11-22T16:20:01.000Z', 0, true);
  covers('now', 0, true);
  covers('-1h', 0, true);
  covers('@5', 0, true);
});

test('an invalid time is refused with the accepted forms', () => {
  const texts = [
    ...[
      '',
      'soon',
      '25:00',
      '12:60',
      '12:30:61',
      '2026-02-30',
      '2026-13-01',
      '2026-00-10',
      '1x',
      '-',
      '+',
      '@',
      '@x',
      '12',
    ],
    ...[
      'now now',
      'ago',
      '-1h ago',
      '2026-11-22 16:20 Mars/Base',
      '2026-11-22T16:20+25:00',
      '1h 2',
      '@99999999999999999',
    ],
    ...['2026-11-22T', 'z', ' '.repeat(200_000), '1a'.repeat(100_000), '1'.repeat(200_000), '1h'.repeat(100)],
  ];
  for (const text of texts) {
    assert.throws(
      () => parseTime(text, { now: NOW, zone: 'UTC' }),
      (error: unknown) =>
        error instanceof CordwoodError && /^cannot read the time ".*write 2026-11-22/s.test(error.message),
      text.slice(0, 50),
    );
  }
  assert.throws(() => parseTime('now', { now: NOW, zone: 'Mars/Base' }), /cannot read the time zone "Mars\/Base"/);
});

test('parseTime reads short-full timestamps back, in every zone and around every change of clocks', () => {
  assert.equal(formatFull(NOW, 'Europe/Berlin'), '2026-11-22 16:20:30.500 +01:00');
  assert.equal(formatFull(0, 'UTC'), '1970-01-01 00:00:00.000 +00:00');
  assert.equal(formatFull(NOW, 'Asia/Kolkata'), '2026-11-22 20:50:30.500 +05:30');
  assert.equal(formatFull(NOW, 'America/St_Johns'), '2026-11-22 11:50:30.500 -03:30');
  const zone = fc.constantFrom(
    undefined,
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kathmandu',
  );
  const other = fc.constantFrom('UTC', 'Europe/Berlin');
  const law = fc.property(fc.integer({ min: 0, max: 4e12 }), zone, other, (ms, shown, read) => {
    assert.equal(parseTime(formatFull(ms, shown), { now: NOW, zone: read }), ms);
  });
  fc.assert(law, { numRuns: 2000 });
  const near = fc.integer({ min: -3 * HOUR, max: 3 * HOUR }).map((shift) => Date.parse('2026-10-25T01:00:00Z') + shift);
  fc.assert(fc.property(near, (ms) => assert.equal(parseTime(formatFull(ms, 'Europe/Berlin'), { now: NOW }), ms)));
});

test('parseTime finds the time of day that a zone shows', () => {
  const zone = fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'UTC');
  const law = fc.property(fc.integer({ min: 0, max: 4e9 }), zone, (seconds, shown) => {
    const text = formatFull(seconds * 1000, shown).slice(0, 19);
    const again = parseTime(text, { now: NOW, zone: shown });
    assert.equal(formatFull(again, shown).slice(0, 19), text);
    assert.ok(again <= seconds * 1000);
  });
  fc.assert(law, { numRuns: 2000 });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { createParser } from '../../src/parse/index.ts';
import { read } from './support.ts';

const DAY = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const utc = (text: string) => Date.parse(`${text}Z`);

/** `Mmm dd hh:mm:ss` of an instant in UTC. */
function bsd(ms: number): string {
  const at = new Date(ms);
  return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 19)}`;
}

test('the year of a stamp is the latest that puts it at most a day after the arrival, also when read repeatedly', () => {
  const parser = createParser({ zoneOf: () => 'UTC' });
  const arrival = fc.oneof(
    fc.integer({ min: utc('2024-01-01T00:00:00'), max: utc('2030-01-01T00:00:00') }),
    fc.integer({ min: -2 * DAY, max: 2 * DAY }).map((off) => utc('2027-01-01T00:00:00') + off),
  );
  // Only a few minutes, so that the parser uses what it remembers for many years.
  const wall = fc
    .constantFrom('2026-12-31T23:59', '2026-01-01T00:00', '2026-01-01T10:30', '2026-07-01T12:00')
    .map((it) => utc(`${it}:00`));
  fc.assert(
    fc.property(arrival, wall, (receivedAt, stamp) => {
      let want = stamp;
      for (let year = 2020; year < 2032; year++) {
        const then = new Date(stamp).setUTCFullYear(year);
        if (then <= receivedAt + DAY) want = then;
      }
      const message = read({ bytes: `<13>${bsd(stamp)} web1 app: m`, receivedAt, parser });
      assert.equal(message.timestamp.getTime(), want);
    }),
    { numRuns: 20_000 },
  );
});

test('the missing parts of a stamp are chosen near the arrival', () => {
  const fresh = fc
    .integer({ min: utc('2024-03-01T00:00:00'), max: utc('2028-02-28T00:00:00') })
    .map((ms) => ms - (ms % 1000));
  fc.assert(
    fc.property(fresh, fc.integer({ min: -20 * 3_600_000, max: 300 * DAY }), (sent, delay) => {
      const message = read({ bytes: `<13>${bsd(sent)} web1 app: m`, receivedAt: sent + delay });
      assert.equal(message.timestamp.getTime(), sent);
    }),
  );
});

test('a stamp names a day that exists', () => {
  const ok = (day: string) =>
    assert.equal(
      read({ bytes: `<13>1 ${day}T12:00:00Z h a - - - m` })
        .timestamp.toISOString()
        .slice(0, 10),
      day,
    );
  const bad = (day: string) =>
    assert.ok(read({ bytes: `<13>1 ${day}T12:00:00Z h a - - - m` }).flags.includes('parse_error'), day);
  for (const day of ['2026-01-31', '2024-02-29', '2000-02-29', '1999-12-31', '0001-01-01', '0099-12-31', '9999-12-31'])
    ok(day);
  for (const day of ['2026-02-29', '1900-02-29', '2026-04-31', '2026-00-10', '2026-13-01', '2026-01-00', '2026-1-001'])
    bad(day);
});

test('law: any instant is read back from its RFC 3339 form', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      const message = read({ bytes: `<13>1 ${date.toISOString()} h a - - - m` });
      assert.equal(message.timestamp.getTime(), date.getTime());
      assert.equal(message.timestamp_offset, 0);
    }),
  );
});

test('fractions of a second have any number of digits', () => {
  const ok = (fraction: string, ms: number, us: number | undefined) => {
    const message = read({ bytes: `<13>1 2026-11-22T16:20:01${fraction}Z h a - - - m` });
    assert.deepEqual([message.timestamp.getTime() % 1000, message.timestamp_us], [ms, us], fraction);
  };
  ok('', 0, undefined);
  ok('.', 0, undefined);
  ok('.1', 100, undefined);
  ok('.12', 120, undefined);
  ok('.123', 123, undefined);
  ok('.1234', 123, 400);
  ok('.12345', 123, 450);
  ok('.123456', 123, 456);
  ok('.1234567', 123, 456);
  ok('.000001', 0, 1);
  ok('.000000', 0, 0);
  ok(`.${'9'.repeat(60)}`, 999, 999);
});

test('offsets of a stamp are read with and without a colon', () => {
  const ok = (offset: string, minutes: number) => {
    const message = read({ bytes: `<13>1 2026-11-22T16:20:01${offset} h a - - - m` });
    assert.equal(message.timestamp_offset, minutes, offset);
    assert.equal(message.timestamp.getTime(), utc('2026-11-22T16:20:01') - minutes * 60_000, offset);
  };
  ok('Z', 0);
  ok('+00:00', 0);
  ok('-00:00', 0);
  ok('+14:00', 840);
  ok('-09:30', -570);
  ok('+23:59', 1439);
  ok('-0330', -210);
  for (const offset of ['+24:00', '+01:60', '+1:00', '+01', 'X', 'Z0']) {
    assert.ok(read({ bytes: `<13>1 2026-11-22T16:20:01${offset} h a - - - m` }).flags.includes('parse_error'), offset);
  }
});

test('a wrong clock is flagged: more than five minutes ahead, or more than a day behind', () => {
  const ok = (seconds: number, want: boolean) => {
    const receivedAt = utc('2026-11-22T16:20:00') + seconds * 1000;
    const message = read({ bytes: '<13>1 2026-11-22T16:20:00Z h a - - - m', receivedAt });
    assert.equal(message.flags.includes('clock_skew'), want, `${seconds} s after the stamp`);
  };
  ok(0, false);
  ok(-300, false);
  ok(-301, true);
  ok(86_400, false);
  ok(86_401, true);
});

test('a stamp whose day is not a number is not a stamp', () => {
  for (const day of [' :', ' ;', ' /', ': ', '1:']) {
    const message = read({ bytes: `<38>Jan ${day} 10:00:00 web1 cron[1]: m` });
    assert.ok(message.flags.includes('no_timestamp'), day);
    assert.match(message.message, /10:00:00/, day);
  }
});

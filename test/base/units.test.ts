import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../src/base/units.ts';

const ms = (text: string, want: number | undefined) =>
  test(`duration ${JSON.stringify(text)} is ${want}`, () => assert.equal(parseDuration(text), want));
ms('0s', 0);
ms('250ms', 250);
ms('90s', 90_000);
ms('10m', 600_000);
ms('1h30m', 5_400_000);
ms('1h 30m', 5_400_000);
ms('1.5h', 5_400_000);
ms('30d', 2_592_000_000);
ms('2w', 1_209_600_000);
ms('1y', 31_536_000_000);
ms('1m30ms', 60_030);
ms('', undefined);
ms('30', undefined);
ms('30 d', undefined);
ms('-1h', undefined);
ms('1h30', undefined);
ms('h', undefined);
ms('1D', undefined);
ms('1 h', undefined);
ms('99999999999999999y', undefined);

const size = (text: string, want: number | undefined) =>
  test(`size ${JSON.stringify(text)} is ${want}`, () => assert.equal(parseBytes(text), want));
size('0', 0);
size('512', 512);
size('512B', 512);
size('64KiB', 65_536);
size('64 KiB', 65_536);
size('64kB', 64_000);
size('64KB', 64_000);
size('1.5GB', 1_500_000_000);
size('2GiB', 2_147_483_648);
size('1TiB', 2 ** 40);
size('', undefined);
size('-1', undefined);
size('64K', undefined);
size('64 kib', undefined);
size('KiB', undefined);
size('99999999999TiB', undefined);

const shownSize = (value: number, want: string) =>
  test(`${value} bytes read ${want}`, () => assert.equal(formatBytes(value), want));
shownSize(0, '0 B');
shownSize(999, '999 B');
shownSize(1024, '1 KiB');
shownSize(1536, '1.5 KiB');
shownSize(65_536, '64 KiB');
shownSize(2 ** 20 - 1, '1 MiB');
shownSize(8 * 2 ** 30, '8 GiB');
shownSize(5 * 2 ** 50, '5120 TiB');

const shownDuration = (value: number, want: string) =>
  test(`${value} ms read ${want}`, () => assert.equal(formatDuration(value), want));
shownDuration(0, '0s');
shownDuration(250, '250ms');
shownDuration(999.7, '1s');
shownDuration(1000, '1s');
shownDuration(1500, '1.5s');
shownDuration(90_000, '1m 30s');
shownDuration(3_600_000, '1h');
shownDuration(5_400_000, '1h 30m');
shownDuration(2_592_000_000, '30d');
shownDuration(90_061_000, '1d 1h');

test('law: a formatted duration is parsed back to within its two largest units', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (value) => {
      const back = parseDuration(formatDuration(value));
      assert.ok(back !== undefined && Math.abs(back - value) <= Math.max(50, value / 20), `${value} -> ${back}`);
    }),
  );
});

test('law: a formatted size is parsed back to within 5 %', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (value) => {
      const back = parseBytes(formatBytes(value));
      assert.ok(back !== undefined && Math.abs(back - value) <= value / 20 + 1, `${value} -> ${back}`);
    }),
  );
});

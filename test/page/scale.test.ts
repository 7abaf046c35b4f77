import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from '../support/fc.ts';
import { countTicks, Scale, timeTicks } from '../../src/page/histogram/scale.ts';
import { offsetAt } from '../../src/page/time/zone.ts';

const DAY = 86_400_000;
const at = (text: string) => Date.parse(text);
const labels = (from: string, to: string, zone: string, width = 840) =>
  timeTicks(at(from), at(to), zone, width)
    .map(({ label }) => label)
    .join(' ');

suite('the axes of the histogram', () => {
  test('times are whole steps on the clock of the zone', () => {
    assert.equal(
      labels('2026-11-22T10:00:00Z', '2026-11-22T11:00:00Z', 'UTC'),
      '10:00 10:10 10:20 10:30 10:40 10:50 11:00',
    );
    assert.equal(
      labels('2026-11-22T10:01:00Z', '2026-11-22T11:01:00Z', 'Asia/Kathmandu', 400),
      '16:00 16:15 16:30 16:45',
    );
    assert.equal(
      labels('2026-11-22T10:00:00Z', '2026-11-22T10:00:01Z', 'UTC', 400),
      '10:00:00.000 10:00:00.500 10:00:01.000',
    );
    assert.equal(labels('2026-11-22T22:30:00Z', '2026-11-23T01:30:00Z', 'UTC', 400), '23:00 11-23 01:00');
    assert.equal(labels('2026-11-01T00:00:00Z', '2026-11-30T00:00:00Z', 'UTC', 500), '11-02 11-09 11-16 11-23 11-30');
    assert.equal(labels('2025-11-30T00:00:00Z', '2026-11-30T00:00:00Z', 'UTC', 500), '2026-01 2026-04 2026-07 2026-10');
  });

  test('when clocks are set back, an hour that comes twice has one tick for each time on the clock', () => {
    assert.equal(
      labels('2026-10-24T22:00:00Z', '2026-10-25T05:00:00Z', 'Europe/Berlin', 840),
      '10-25 01:00 02:00 03:00 04:00 05:00 06:00',
    );
    assert.equal(
      labels('2026-03-28T23:00:00Z', '2026-03-29T04:00:00Z', 'Europe/Berlin', 500),
      '03-29 01:00 03:00 04:00 05:00 06:00',
    );
  });

  test('ticks lie in the window, in order, and far enough apart to be read', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia');
    fc.assert(
      fc.property(
        fc.integer({ min: at('2001-01-01T00:00:00Z'), max: at('2060-01-01T00:00:00Z') }),
        fc.integer({ min: 1, max: 4000 * DAY }),
        zones,
        fc.integer({ min: 0, max: 2000 }),
        (since, length, zone, width) => {
          const ticks = timeTicks(since, since + length, zone, width);
          const jump = offsetAt(since, zone) === offsetAt(since + length, zone) ? 0 : 1;
          assert.ok(ticks.length <= Math.max(1, width / 84) + 2 + jump, `${ticks.length} ticks on ${width} px`);
          for (const [index, tick] of ticks.entries()) {
            assert.ok(tick.at >= since && tick.at <= since + length);
            assert.ok(index === 0 || tick.at > ticks[index - 1]!.at);
          }
        },
      ),
    );
  });

  test('counts are whole and reach to the highest', () => {
    assert.deepEqual(countTicks(0, 76), [0]);
    assert.deepEqual(countTicks(1, 76), [0, 1]);
    assert.deepEqual(countTicks(1400, 76), [0, 1000]);
    assert.deepEqual(countTicks(2_000_000, 76), [0, 1_000_000, 2_000_000]);
  });

  test('a place on the axis is the time that is drawn there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 400 * DAY }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (width, length, part) => {
          const scale = new Scale(
            { left: 46, top: 6, width, height: 76 },
            { since: 1_000_000, until: 1_000_000 + length, highest: 10 },
          );
          const time = 1_000_000 + part * length;
          assert.ok(Math.abs(scale.timeAt(scale.x(time)) - time) <= length * 1e-9 + 1e-3);
          assert.ok(scale.y(10) >= 6 && scale.y(0) === 82);
        },
      ),
    );
    const scale = new Scale({ left: 46, top: 6, width: 100, height: 76 }, { since: 0, until: 1000, highest: 10 });
    assert.equal(scale.timeAt(-50), 0, 'beside the left end');
    assert.equal(scale.timeAt(5000), 1000, 'beside the right end');
  });
});

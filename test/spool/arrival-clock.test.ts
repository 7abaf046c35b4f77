import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { HOLD_MS } from '../../src/base/machine/trusted-clock.ts';
import { DAY, HOUR } from '../../src/base/units.ts';
import { ArrivalClock } from '../../src/spool/write/arrival-clock.ts';

const YEAR = 365 * DAY;

function ok(what: string, walls: readonly number[], want: readonly number[], start = 0): void {
  test(`the arrival clock ${what}`, () => {
    const clock = new ArrivalClock(start, walls[0]!);
    assert.deepEqual(
      walls.map((wall) => clock.read(wall)),
      want,
    );
  });
}

ok('follows the wall clock forward', [1000, 1000, 1001, 5000.7], [1000, 1000, 1001, 5000]);
ok(
  'runs at half speed after a backward step until the wall clock has caught up',
  [10_000, 4000, 4100, 6000, 9000, 12_500, 15_000, 15_001],
  [10_000, 10_000, 10_050, 11_000, 12_500, 12_500, 15_000, 15_001],
);
ok(
  'stands still while the wall clock steps back again',
  [10_000, 4000, 4100, 3000, 3100],
  [10_000, 10_000, 10_050, 10_050, 10_100],
);
ok('starts no earlier than its start', [1000, 1500, 9000], [5000, 5250, 9000], 5000);

test('the arrival clock never steps back and never lags behind the wall clock', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.array(fc.nat(100_000), { minLength: 1 }), (start, walls) => {
      const clock = new ArrivalClock(start, walls[0]!);
      let last = start;
      for (const wall of walls) {
        const stamp = clock.read(wall);
        assert.ok(stamp >= last && stamp >= wall && Number.isInteger(stamp));
        last = stamp;
      }
      assert.equal(clock.last, last);
    }),
  );
});

test('the arrival clock does not follow a jump of a year that lasts for seconds, and never steps back', () => {
  const now = Date.UTC(2026, 10, 30);
  let [wall, steady] = [now, 0];
  const doubts: unknown[] = [];
  const clock = new ArrivalClock(0, wall, { steady: () => steady, onDoubt: (doubt) => void doubts.push(doubt) });
  const after = (ms: number, jump = 0): number => {
    wall += ms + jump;
    steady += ms;
    return clock.read(wall) - now;
  };
  assert.deepEqual(
    [after(1000), after(0, YEAR), after(13_000), after(0, -YEAR), after(1000)],
    [1000, 1000, 14_000, 14_000, 15_000],
  );
  assert.equal(doubts.length, 1);
  assert.equal(after(0, 2 * HOUR), 15_000 + 2 * HOUR, 'a jump of hours is followed at once');
  after(0, YEAR);
  assert.equal(after(HOLD_MS), YEAR + HOLD_MS + 2 * HOUR + 15_000);
});

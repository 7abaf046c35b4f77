import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClockDoubt, HOLD_MS, steadyClock, TrustedClock } from '../../../src/base/machine/trusted-clock.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/base/units.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const YEAR = 365 * DAY;

/** A trusted clock whose two clocks a test moves: both by `pass`, the wall clock alone by `set`. */
function lab(options: { believed?: number; tolerance?: number } = {}) {
  let wall = NOON;
  let steady = 1000;
  const doubts: ClockDoubt[] = [];
  const clock = new TrustedClock({
    wall,
    tolerance: HOUR,
    ...options,
    steady: () => steady,
    onDoubt: (doubt) => void doubts.push(doubt),
  });
  return {
    doubts,
    pass(ms: number) {
      wall += ms;
      steady += ms;
      return clock.read(wall) - NOON;
    },
    set(ms: number) {
      wall += ms;
      return clock.read(wall) - NOON;
    },
  };
}

test('a clock that runs evenly is believed, with small steps and drift', () => {
  const { pass, set, doubts } = lab();
  assert.equal(pass(10 * SECOND), 10 * SECOND);
  assert.equal(set(5 * MINUTE), 5 * MINUTE + 10 * SECOND);
  assert.equal(pass(40 * DAY), 40 * DAY + 5 * MINUTE + 10 * SECOND);
  assert.equal(set(-2 * HOUR), 40 * DAY - 2 * HOUR + 5 * MINUTE + 10 * SECOND);
  assert.deepEqual(doubts, []);
});

test('a clock that is wrong for seconds changes nothing, and is reported once with both clocks', () => {
  const { pass, set, doubts } = lab();
  pass(10 * SECOND);
  assert.equal(set(YEAR), 10 * SECOND);
  assert.equal(pass(13 * SECOND), 23 * SECOND);
  assert.equal(set(-YEAR), 23 * SECOND);
  assert.equal(pass(4 * HOUR), 4 * HOUR + 23 * SECOND);
  assert.deepEqual(doubts, [{ wall: NOON + YEAR + 10 * SECOND, believed: NOON + 10 * SECOND }]);
});

test('a jump is believed once the clock has run evenly for hours', () => {
  const { pass, set, doubts } = lab();
  set(YEAR);
  for (let minutes = 1; minutes < HOLD_MS / MINUTE; minutes++) assert.equal(pass(MINUTE), minutes * MINUTE);
  assert.equal(pass(MINUTE), YEAR + HOLD_MS);
  assert.equal(doubts.length, 1);
});

test('another jump meanwhile begins the wait again', () => {
  const { pass, set, doubts } = lab();
  set(YEAR);
  pass(2 * HOUR);
  assert.equal(set(YEAR), 2 * HOUR);
  assert.equal(pass(2 * HOUR), 4 * HOUR);
  assert.equal(pass(HOUR), 2 * YEAR + 5 * HOUR);
  assert.equal(doubts.length, 2);
});

test('a start long after the last run waits, one soon after it does not', () => {
  const long = lab({ believed: NOON - 9 * DAY });
  assert.equal(long.pass(MINUTE), -9 * DAY + MINUTE);
  assert.equal(long.doubts.length, 1);
  assert.equal(long.pass(HOLD_MS), MINUTE + HOLD_MS);
  const soon = lab({ believed: NOON - 50 * MINUTE });
  assert.equal(soon.pass(MINUTE), MINUTE);
  assert.deepEqual(soon.doubts, []);
});

test('the steady clock runs as fast as that of the process', async () => {
  const [before, from] = [steadyClock(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 300));
  const difference = steadyClock() - before - (performance.now() - from);
  assert.ok(Math.abs(difference) < 100, `${difference} ms`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE, SECOND } from '../../src/base/units.ts';
import { Forecast } from '../../src/forward/lane/forecast.ts';

/** A destination that falls behind by so many ms each ms, noted for so long. */
function after(ms: number, growth: number, { behind = 0, at = 0 } = {}): Forecast {
  const forecast = new Forecast();
  for (let passed = 0; passed <= ms; passed += 2 * SECOND) forecast.note(at + passed, behind + passed * growth);
  return forecast;
}

test('a destination that is away is as far behind as retention reaches once the oldest message is that old', () => {
  assert.equal(after(10 * MINUTE, 1).reaches(24 * HOUR), 24 * HOUR);
  assert.equal(after(2 * HOUR, 1, { at: 5 * HOUR }).reaches(24 * HOUR), 29 * HOUR);
});

test('a destination that takes three quarters of what comes in needs four times as long', () => {
  assert.equal(after(10 * MINUTE, 0.25).reaches(HOUR), 4 * HOUR);
});

test('one that catches up, one that is up to date and one that was only seen for seconds have no such time', () => {
  assert.equal(after(10 * MINUTE, -0.5, { behind: 9 * MINUTE }).reaches(HOUR), undefined);
  assert.equal(after(30 * SECOND, 1).reaches(HOUR), undefined);
  const forecast = after(10 * MINUTE, 1);
  forecast.note(11 * MINUTE, -Infinity);
  assert.equal(forecast.reaches(HOUR), undefined);
});

test('only the last ten minutes count, and a clock that is set back begins again', () => {
  const forecast = after(20 * MINUTE, 0, { behind: MINUTE });
  for (let at = 20 * MINUTE; at <= 32 * MINUTE; at += 10 * SECOND) forecast.note(at, MINUTE + (at - 20 * MINUTE));
  assert.equal(forecast.reaches(73 * MINUTE), 92 * MINUTE);
  forecast.note(MINUTE, 0);
  assert.equal(forecast.reaches(HOUR), undefined);
});

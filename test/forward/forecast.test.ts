import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/base/units.ts';
import { forwardTroubles } from '../../src/forward/index.ts';
import { Forecast } from '../../src/forward/lane/forecast.ts';
import { until } from '../support/until.ts';
import { entries, ForwardLab } from './lab.ts';
import { RelpReceiver } from './receivers.ts';

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

test('a loss is announced a day before, or once half of what is kept waits', () => {
  const troubles = (lossIn: number, keep: number) =>
    forwardTroubles({ 'forward.siem.loss_in': lossIn }, { forward: [{ name: 'siem' }], streams: [{}, { keep }] });
  assert.match(troubles(DAY - 1, 30 * DAY)[0]!, /^siem loses messages in 23h 59m if it goes on like this: retention/);
  assert.deepEqual(troubles(DAY, 30 * DAY), []);
  assert.equal(troubles(HOUR, 4 * HOUR).length, 1);
  assert.deepEqual(troubles(3 * HOUR, 4 * HOUR), []);
  assert.deepEqual(troubles(0, 4 * HOUR), []);
});

test('a destination that is away for longer than a minute says when it begins to lose messages', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab({ keep: HOUR });
  lab.start(entries({ kind: 'relp', name: 'siem', to: [receiver.address], from: 'start' }));
  await lab.lines(0, 10);
  await until('the lines', () => receiver.lines.length === 10);
  await receiver.kill();
  const stored = Date.now();
  await lab.lines(10, 20);
  const row = () => lab.row('siem');
  for (let minute = 0; minute < 4; minute++) {
    await sleep(2500);
    lab.ahead += MINUTE;
  }
  const { losesAt } = await until(
    'the time',
    async () => ((await row())?.status.losesAt ?? 0) > 0 && (await row())!.status,
  );
  assert.ok(Math.abs(losesAt! - stored - HOUR) < MINUTE, `${losesAt! - stored}`);
});

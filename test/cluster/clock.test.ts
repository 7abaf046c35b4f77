import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterClock } from '../../src/cluster/clock.ts';
import { SILENT } from '../../src/base/log.ts';
import { DAY, HOUR, MINUTE } from '../../src/base/units.ts';

test('without a database, the time is that of the wall clock, or of arrivals after the wall clock was set back', async () => {
  let [wall, arrived] = [10 * HOUR, 10 * HOUR - 500];
  let elapsed = 0;
  const clocks = { wall: () => wall, elapsed: () => elapsed };
  await using clock = await ClusterClock.open({ store: {}, arrived: () => arrived, log: SILENT, ...clocks });
  assert.equal(clock.now(), 10 * HOUR);
  wall += 2 * HOUR;
  assert.equal(clock.now(), 10 * HOUR, 'not before the skipped period is known to be a gap');
  elapsed += 4000;
  assert.equal(clock.now(), 10 * HOUR);
  elapsed += 2000;
  assert.equal(clock.now(), 12 * HOUR);
  arrived = wall;
  wall -= 2 * HOUR;
  assert.equal(clock.now(), 12 * HOUR);
  wall += 1000;
  arrived += 500;
  assert.equal(clock.now(), 12 * HOUR + 500);
});

test('a wall clock that jumps a year ahead for a while leaves no rule waiting for that year', async () => {
  let wall = 10 * HOUR;
  let elapsed = 0;
  const pass = (ms: number): void => {
    wall += ms;
    elapsed += ms;
  };
  const parts = { arrived: () => 0, log: SILENT, wall: () => wall, elapsed: () => elapsed };
  await using alone = await ClusterClock.open({ ...parts, store: {} });
  await using withDatabase = await ClusterClock.open({ ...parts, store: { time: async () => 10 * HOUR + elapsed } });
  wall += 365 * DAY;
  for (let seconds = 0; seconds < 600; seconds++) {
    pass(1000);
    if (seconds === 300) await withDatabase.compare();
    assert.equal(alone.now(), 10 * HOUR + elapsed);
    assert.equal(withDatabase.now(), 10 * HOUR + elapsed);
  }
  wall -= 365 * DAY;
  pass(1000);
  assert.equal(alone.now(), 10 * HOUR + elapsed);
  assert.equal(withDatabase.now(), 10 * HOUR + elapsed);
});

test('a wall clock that stays a year ahead is believed after hours', async () => {
  let [wall, elapsed] = [10 * HOUR, 0];
  await using clock = await ClusterClock.open({
    store: {},
    arrived: () => 0,
    log: SILENT,
    wall: () => wall,
    elapsed: () => elapsed,
  });
  wall += 365 * DAY;
  for (let minutes = 0; minutes < 200; minutes++) {
    clock.now();
    wall += MINUTE;
    elapsed += MINUTE;
  }
  assert.equal(clock.now(), wall);
});

test('with a database, the time is that of the database, and a clock that differs is logged once', async () => {
  const database = 10 * HOUR;
  let off = 2 * HOUR;
  const elapsed = 0;
  const logged: string[] = [];
  const write = (text: unknown) => void logged.push(String(text));
  await using clock = await ClusterClock.open({
    store: { time: async () => database },
    arrived: () => database + off,
    log: { ...SILENT, error: write, info: write },
    wall: () => database + off,
    elapsed: () => elapsed,
  });
  assert.equal(clock.now(), database);
  await clock.compare();
  off = 500;
  await clock.compare();
  assert.equal(clock.now(), database + 500);
  off = -HOUR;
  await clock.compare();
  assert.equal(clock.now(), database);
  assert.match(logged.join('\n'), /^.* is 2h ahead of the database's.*\n.* again\n.* is 1h behind the database's.*$/);
});

test('the time is that of the wall clock while the database does not answer', async () => {
  const store = { time: () => Promise.reject(new Error('no')) };
  await using clock = await ClusterClock.open({ store, arrived: () => 0, log: SILENT, wall: () => HOUR });
  assert.equal(clock.now(), HOUR);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterClock } from '../../src/cluster/clock.ts';
import { SILENT } from '../../src/base/log.ts';

const HOUR = 3_600_000;

test('alerts go by the wall clock, and by that of arrivals where the wall clock was set back', async () => {
  let [wall, arrived] = [10 * HOUR, 10 * HOUR - 500];
  let elapsed = 0;
  const clocks = { wall: () => wall, elapsed: () => elapsed };
  await using clock = await ClusterClock.open({ store: {}, arrived: () => arrived, log: SILENT, ...clocks });
  assert.equal(clock.now(), 10 * HOUR);
  wall += 2 * HOUR;
  assert.equal(clock.now(), 10 * HOUR, 'not before everybody knows');
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

test('nodes whose clocks differ go by that of the database, and say once that theirs is wrong', async () => {
  const database = 10 * HOUR;
  let off = 2 * HOUR;
  const elapsed = 0;
  const said: string[] = [];
  const say = (text: unknown) => void said.push(String(text));
  await using clock = await ClusterClock.open({
    store: { time: async () => database },
    arrived: () => database + off,
    log: { ...SILENT, error: say, info: say },
    wall: () => database + off,
    elapsed: () => elapsed,
  });
  assert.equal(clock.now(), database);
  await clock.look();
  off = 500;
  await clock.look();
  assert.equal(clock.now(), database + 500);
  off = -HOUR;
  await clock.look();
  assert.equal(clock.now(), database);
  assert.match(said.join('\n'), /^.* is 2h ahead of the database's.*\n.* again\n.* is 1h behind the database's.*$/);
});

test('a store that does not answer leaves the clock as it is', async () => {
  const store = { time: () => Promise.reject(new Error('no')) };
  await using clock = await ClusterClock.open({ store, arrived: () => 0, log: SILENT, wall: () => HOUR });
  assert.equal(clock.now(), HOUR);
});

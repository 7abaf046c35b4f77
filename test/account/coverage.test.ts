import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoverageWriter } from '../../src/account/coverage-writer.ts';
import { START, SECOND, MINUTE, DAY, Desk } from './desk.ts';

test('time with a full spool or a failing disk is not covered', async () => {
  const desk = new Desk();
  const watch = desk.watch();
  await watch.listening(['udp0'], 0);
  await desk.live(watch, 5 * SECOND);
  desk.counters.counter('spool.full').set(1);
  await desk.live(watch, 20 * SECOND);
  desk.counters.counter('spool.full').set(0);
  await desk.live(watch, 5 * SECOND);
  const full = { from: START + 5 * SECOND, to: START + 25 * SECOND };
  assert.deepEqual(await desk.gaps(1), [{ ...full, reason: 'spool_full' }]);
  assert.deepEqual(await desk.coverage(1).coveredWithin(START, desk.now), [
    { from: START, to: full.from },
    { from: full.to, to: desk.now },
  ]);
});

test('another node that is silent is a gap until it counts as retired', async () => {
  const desk = new Desk();
  await desk.watch(2).listening(['udp0'], 0);
  const watch = desk.watch(1);
  await watch.listening(['udp0'], 0);
  await desk.live(watch, 20 * SECOND);
  assert.deepEqual(await desk.gaps(1, [1, 2]), []);
  desk.now += MINUTE;
  assert.deepEqual(await desk.gaps(1, [1, 2]), [{ from: START, to: desk.now, reason: 'outage', open: true, node: 2 }]);
  desk.now += 8 * DAY;
  assert.deepEqual(await desk.gaps(1, [1, 2]), []);
});

test('time skipped by a clock that was set forward is not covered', async () => {
  const desk = new Desk();
  let elapsed = 0;
  const watch = new CoverageWriter({
    state: desk.state,
    node: 1,
    counters: desk.counters,
    now: () => desk.now,
    elapsed: () => elapsed,
  });
  await watch.listening(['udp0'], 0);
  await watch.sample();
  desk.now += 2 * 60 * MINUTE;
  elapsed += SECOND;
  await watch.sample();
  assert.deepEqual(await desk.gaps(1), [{ from: START, to: desk.now, reason: 'clock' }]);
  desk.now += 20 * SECOND;
  elapsed += 20 * SECOND;
  await watch.sample();
  assert.deepEqual(await desk.coverage(1).coveredWithin(START, desk.now), [
    { from: START + 2 * 60 * MINUTE, to: desk.now },
  ]);
});

test('listeners() returns since when each listener is open, or open again', async () => {
  const desk = new Desk();
  const open = async () => [...(await desk.coverage(1, [1, 2]).listeners())].sort();
  const watch = desk.watch();
  await watch.listening(['tcp0', 'udp0'], 0);
  desk.now += MINUTE;
  await watch.listening(['tcp0'], 0);
  assert.deepEqual(await open(), [
    ['tcp0', START],
    ['udp0', undefined],
  ]);
  desk.now += MINUTE;
  await watch.listening(['tcp0', 'udp0'], 0);
  await watch.listening(['tcp0', 'udp0'], 0);
  const both = [
    ['tcp0', START],
    ['udp0', START + 2 * MINUTE],
  ];
  assert.deepEqual(await open(), both);
  // Of another receiver, one is not open any more.
  const other = desk.watch(2);
  await other.listening(['tcp0', 'relp0'], 0);
  await other.listening(['relp0'], 0);
  assert.deepEqual(await open(), [['relp0', desk.now], ...both]);
});

test('a node that is down ends coverage for a short time, and all nodes down for as long as they are', async () => {
  const desk = new Desk();
  const [first, second] = [desk.watch(1), desk.watch(2)];
  await first.listening(['tcp0'], 0);
  await second.listening(['tcp0'], 0);
  const live = async (minutes: number, watches: readonly CoverageWriter[]): Promise<void> => {
    for (const end = desk.now + minutes * MINUTE; desk.now < end; ) {
      desk.now += 10 * SECOND;
      for (const watch of watches) await watch.sample();
    }
  };
  const covered = async (running: number) =>
    (await desk.coverage(running, [1, 2]).coveredWithin(START, desk.now)).map(({ from, to }) =>
      [from, to].map((at) => Math.round((at - START) / MINUTE)),
    );
  await live(5, [first, second]);
  await live(60, [second]);
  assert.deepEqual(await covered(2), [
    [0, 5],
    [15, 65],
  ]);
  desk.now += 30 * MINUTE;
  const again = desk.watch(2);
  await again.listening(['tcp0'], 0);
  await live(5, [again]);
  assert.deepEqual(await covered(2), [
    [0, 5],
    [15, 65],
    [95, 100],
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAccount } from '../../src/account/balance.ts';
import { GapLog } from '../../src/account/gap-log.ts';
import { Bucket } from '../../src/account/bucket.ts';
import { readRollups } from '../../src/account/read-rollups.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { START, SECOND, MINUTE, DAY, Desk } from './desk.ts';

test('a stop, clean or not, is a gap from the last sign of life to the next start', async () => {
  const desk = new Desk();
  const first = desk.watch();
  await first.listening(['udp0'], 0);
  assert.deepEqual(await desk.gaps(1), []);
  await desk.live(first, 25 * SECOND);
  await first.end(new Bucket());
  const ended = desk.now;
  desk.now += MINUTE;
  assert.deepEqual(await desk.gaps(), [{ from: ended, to: desk.now, reason: 'outage', open: true }]);
  const second = desk.watch();
  await second.listening(['udp0'], ended - 5);
  const outage = { from: ended, to: desk.now, reason: 'outage' };
  assert.deepEqual(await desk.gaps(1), [outage]);
  await desk.live(second, 25 * SECOND);
  // Killed; the spool shows an arrival after the last sign of life.
  const arrival = desk.now - 2 * SECOND;
  desk.now += MINUTE;
  const third = desk.watch();
  await third.listening(['udp0', 'tcp0'], arrival);
  assert.deepEqual((await desk.gaps(1)).slice(1), [{ from: arrival, to: desk.now, reason: 'outage' }]);
  // A reload tells the listeners again, and is no gap.
  await desk.live(third, 5 * SECOND);
  await third.listening(['tcp0'], arrival);
  assert.equal((await desk.gaps(1)).length, 2);
  assert.equal(await desk.coverage(1).since(), START);
  assert.deepEqual(await desk.coverage(1).coveredWithin(0, desk.now + DAY), [
    { from: START, to: ended },
    { from: outage.to, to: arrival },
    { from: arrival + 62 * SECOND, to: desk.now },
  ]);
  assert.deepEqual(await desk.coverage(1).coveredWithin(ended + 1, ended + 2), []);
});

test('drops are gaps with reason and count, merged within a minute, and counted in the account', async () => {
  const desk = new Desk();
  const watch = desk.watch();
  await watch.listening(['udp0'], 0);
  await desk.live(watch, 10 * SECOND);
  for (const count of [3, 0, 4]) {
    desk.counters.counter('listen.udp0.dropped.rate').add(count);
    await desk.live(watch, SECOND);
  }
  desk.counters.counter('listen.udp0.dropped.kernel').add(7);
  desk.counters.counter('listen.udp0.dropped.empty').add(100);
  desk.counters.counter('listen.udp0.dropped.not_allowed').add(50);
  await desk.live(watch, SECOND);
  const limited = { from: START + 10 * SECOND, to: START + 13 * SECOND, reason: 'limited', listener: 'udp0', count: 7 };
  const kernel = { from: desk.now - 6 * SECOND, to: desk.now, reason: 'kernel', listener: 'udp0', count: 7 };
  assert.deepEqual(await desk.gaps(1), [kernel, limited]);
  await desk.live(watch, 2 * MINUTE);
  desk.counters.counter('listen.udp0.dropped.rate').add(1);
  await desk.live(watch, SECOND);
  assert.equal((await desk.gaps(1)).length, 3);
  assert.deepEqual(await desk.coverage(1).coveredWithin(START, desk.now), [{ from: START, to: desk.now }]);
  const { rollups } = await readRollups(desk.state, [1], { from: START, to: desk.now });
  assert.deepEqual(
    { ...rollups.get(1)!.door.rows('listener')[0]!.counts },
    { 'dropped.rate': 8, 'dropped.kernel': 7, 'dropped.not_allowed': 50 },
  );
});

test('messages whose connection ended within them are lost, with the reason', async () => {
  const desk = new Desk();
  const watch = desk.watch();
  await watch.listening(['udp0'], 0);
  desk.counters.counter('listen.udp0.dropped.partial').add(2);
  await desk.live(watch, SECOND);
  assert.deepEqual(await desk.gaps(1), [
    { from: START, to: START + SECOND, reason: 'lost', listener: 'udp0', count: 2 },
  ]);
  const { state, now } = desk;
  const account = await readAccount({
    state,
    nodes: [1],
    window: { from: START, to: now + 1 },
    now,
    node: 1,
  });
  const { received, lost, unexplained, reasons } = account.listeners[0]!;
  assert.deepEqual(
    { received, lost, unexplained, reasons },
    { received: 2, lost: 2, unexplained: 0, reasons: { partial: 2 } },
  );
});

test('a full spool or a failing disk between two samples is a gap', async () => {
  const desk = new Desk();
  const watch = desk.watch();
  await watch.listening(['udp0'], 0);
  await desk.live(watch, 5 * SECOND);
  desk.counters.counter('spool.refused').add(3);
  await desk.live(watch, 5 * SECOND);
  desk.counters.counter('spool.refused').add(3);
  desk.counters.counter('spool.failures').add(1);
  await desk.live(watch, 5 * SECOND);
  assert.deepEqual(await desk.gaps(1), [
    { from: START + 5 * SECOND, to: START + 6 * SECOND, reason: 'spool_full' },
    { from: START + 10 * SECOND, to: START + 11 * SECOND, reason: 'disk_refused' },
  ]);
});

test('counts and gaps that the store refused are written later, once', async () => {
  const desk = new Desk();
  const watch = desk.watch();
  await watch.listening(['udp0'], 0);
  const state = desk.states.get('coverage')!;
  const { put } = state;
  state.put = async () => {
    throw new Error('no store');
  };
  desk.counters.counter('listen.udp0.dropped.rate').add(5);
  desk.now += SECOND;
  await assert.rejects(watch.sample(), /no store/);
  state.put = put;
  await desk.live(watch, SECOND);
  assert.deepEqual(
    (await desk.gaps(1)).map(({ count }) => count),
    [5],
  );
});

test('the number of gaps is limited, and their counts are kept', async () => {
  const state = memoryState(() => START);
  const log = new GapLog(state, '1/found');
  const write = async (): Promise<void> => {
    for (const { key, value } of log.changes()) await state.put(key, value, (await state.get(key))?.revision ?? 0);
    log.written();
  };
  for (let index = 0; index < 2000; index++) {
    const from = START + index * 5 * SECOND;
    await log.add({ from, to: from + 1, reason: 'sequence', listener: 'udp0', host: `h${index}`, count: 2 });
  }
  await write();
  const gaps = (await state.scan('')).flatMap(({ value }) => value as { count: number }[]);
  assert.ok(gaps.length <= 500, `${gaps.length} gaps`);
  assert.equal(
    gaps.reduce((sum, { count }) => sum + count, 0),
    4000,
  );
  await log.add({ from: START + 500 * DAY, to: START + 500 * DAY + 1, reason: 'kernel', count: 1 });
  await write();
  assert.equal((await state.scan('')).length, 1);
});

test('a gap of several days is returned whole for any part of it', async () => {
  const desk = new Desk();
  const watch = desk.watch();
  await watch.listening(['udp0'], 0);
  await watch.end(new Bucket());
  const outage = { from: START, to: START + 3 * DAY + 5, reason: 'outage' };
  desk.now = outage.to;
  await desk.watch().listening(['udp0'], 0);
  desk.now += DAY;
  const coverage = desk.coverage(1);
  for (const [from, to] of [
    [0, desk.now],
    [START - 100 * DAY, desk.now],
    [START - 1, START + 1],
    [START + DAY, START + DAY + 1],
    [START + 3 * DAY, desk.now],
    [outage.to - 1, outage.to],
  ] as const) {
    const touching = await coverage.gaps(from, to);
    const reaches = Math.min(outage.to, Math.ceil(to / DAY) * DAY);
    assert.deepEqual(touching, [{ ...outage, to: from === 0 || to - from > 40 * DAY ? outage.to : reaches }]);
  }
  assert.deepEqual(await coverage.gaps(outage.to, desk.now), []);
  assert.deepEqual(await coverage.gaps(START - DAY, START), []);
});

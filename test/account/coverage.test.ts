import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAccount } from '../../src/account/balance.ts';
import { openCoverage } from '../../src/account/coverage.ts';
import { GapLog } from '../../src/account/gap-log.ts';
import { Bucket } from '../../src/account/bucket.ts';
import { readRollups } from '../../src/account/read-rollups.ts';
import { CoverageWriter } from '../../src/account/coverage-writer.ts';
import { Counters } from '../../src/base/counters.ts';
import type { StoreState } from '../../src/store/contract.ts';
import { memoryState } from '../../src/store/memory/state.ts';

const START = Date.UTC(2026, 10, 22, 10);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 1440 * MINUTE;
const NAMES = [
  'spool.full',
  'spool.failing',
  'spool.refused',
  'spool.failures',
  ...['kernel', 'spool_full', 'rate', 'empty', 'partial', 'not_allowed'].map(
    (reason) => `listen.udp0.dropped.${reason}`,
  ),
];

/** A receiver with a clock to be set; a second life on the same state is another one. */
class Desk {
  now = START;
  readonly states = new Map<string, StoreState>();
  counters = new Counters(NAMES);
  readonly state = (name: string): StoreState => {
    const state = this.states.get(name) ?? memoryState(() => this.now);
    this.states.set(name, state);
    return state;
  };

  watch(node = 1): CoverageWriter {
    this.counters = new Counters(NAMES);
    return new CoverageWriter({ state: this.state, node, counters: this.counters, now: () => this.now });
  }

  coverage(running?: number, nodes: readonly number[] = [1]) {
    const now = () => this.now;
    return openCoverage({ state: this.state, nodes: async () => nodes, ...(running && { running }), now });
  }

  /** Looks each second for a while. */
  async live(watch: CoverageWriter, ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += SECOND;
      await watch.sample();
    }
  }

  gaps(running?: number, nodes?: readonly number[]) {
    return this.coverage(running, nodes).gaps(0, this.now + 1);
  }
}

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

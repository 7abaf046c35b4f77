import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Accounting } from '../../src/account/accounting.ts';
import { openCoverage } from '../../src/account/coverage.ts';
import { readRollups } from '../../src/account/read-rollups.ts';
import { Counters } from '../../src/base/counters.ts';
import type { StateChange, StoreState } from '../../src/store/contract.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { batchOf } from '../support/batches.ts';

const START = Date.UTC(2026, 10, 22, 10);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NAMES = ['spool.full', 'spool.failing', 'spool.refused', 'spool.failures', 'spool.messages'];
const DROPS = 'listen.tcp0.dropped.rate';
const TAKEN = 'account.tcp0.taken';

/** State of a store that is away at one of its calls, and not before nor after. */
class Flaky {
  calls = 0;
  failAt: number;
  readonly #states = new Map<string, StoreState>();
  readonly #now: () => number;

  constructor(failAt: number, now: () => number) {
    this.failAt = failAt;
    this.#now = now;
  }

  readonly state = (name: string): StoreState => {
    const real = this.#states.get(name) ?? memoryState(this.#now);
    this.#states.set(name, real);
    return {
      get: (key) => this.#call(() => real.get(key)),
      put: (key, value, revision) => this.#call(() => real.put(key, value, revision)),
      scan: (prefix) => this.#call(() => real.scan(prefix)),
      lease: (key, holder, ms) => real.lease(key, holder, ms),
    };
  };

  /** As a store settles: all of it or nothing. */
  readonly settle = async (_: unknown, entries: readonly StateChange[]): Promise<void> => {
    await this.#call(async () => {});
    for (const { namespace, key, value } of entries) {
      const state = this.#states.get(namespace)!;
      await state.put(key, value, (await state.get(key))?.revision ?? 0);
    }
  };

  async #call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (++this.calls === this.failAt) throw new Error('the store is away');
    return await work();
  }
}

/** Does it again until the store is there. @returns how often it was not */
async function patiently(work: () => Promise<void>): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await work();
      return failures;
    } catch (error) {
      assert.match((error as Error).message, /the store is away/);
    }
  }
}

/** Some minutes and some hours of a receiver's life, with a store that is away at one call; what the rollups say then. */
async function live(failAt: number): Promise<{ sums: unknown; gaps: unknown; failures: number; calls: number }> {
  let now = START;
  const store = new Flaky(failAt, () => now);
  const counters = new Counters([...NAMES, DROPS, TAKEN]);
  const options = { state: store.state, node: 1, counters, now: () => now, lastEarlier: 0 };
  const accounting = new Accounting(options);
  let failures = 0;
  let sequence = 1;
  for (const later of [MINUTE, 2 * MINUTE, 13 * HOUR, 13 * HOUR + MINUTE]) {
    now = START + later;
    const batch = batchOf(
      [{}, {}, {}].map(() => ({ received_at: new Date(now), hostname: 'web1' })),
      { from: sequence },
    );
    accounting.read({ listener: 'tcp0', receivedAt: now, sequence, count: 3 });
    accounting.stored(batch);
    sequence += 3;
    counters.counter(DROPS).add(2);
    failures += await patiently(() => accounting.coverage.sample());
    const position = { receivedAt: now, node: 1, sequence: sequence - 1 };
    failures += await patiently(() => accounting.save(position, store.settle));
  }
  store.failAt = 0;
  const { rollups } = await readRollups(store.state, [1], { from: 0, to: now + HOUR });
  const { taken, door } = rollups.get(1)!;
  const sums = [taken, door].map((cell) => cell.toJSON());
  const coverage = openCoverage({ state: store.state, nodes: async () => [1], running: 1, now: () => now });
  const gaps = (await coverage.gaps(0, now + 1)).map(({ reason, count }) => [reason, count]);
  return { sums: JSON.parse(JSON.stringify(sums)), gaps, failures, calls: store.calls };
}

test('the account is the same in the end, whichever call to the store fails', async () => {
  const { sums, gaps, calls } = await live(0);
  const listener = (counts: object) => ['listener', 'tcp0', counts];
  assert.deepEqual(sums, [
    [listener({ taken: 12, stored: 12 }), ['host', 'web1', { stored: 12 }]],
    [listener({ 'dropped.rate': 8 })],
  ]);
  assert.ok(calls > 40);
  for (let failAt = 1; failAt <= calls; failAt++) {
    const found = await live(failAt);
    assert.deepEqual([found.sums, found.gaps], [sums, gaps], `away at call ${failAt}`);
  }
});

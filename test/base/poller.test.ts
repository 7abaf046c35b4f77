import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Poller, type PollerOptions, RepeatedWork } from '../../src/base/poller.ts';

/** A sleep that a test ends, and that the poller's signal ends. */
function manualSleep() {
  let pause = Promise.withResolvers<void>();
  let started = Promise.withResolvers<number>();
  return {
    sleep: (ms: number, signal: AbortSignal): Promise<unknown> => {
      started.resolve(ms);
      const aborted = once(signal, 'abort').then(() => Promise.reject(new Error('aborted')));
      return Promise.race([pause.promise, aborted]);
    },
    /** Resolves with the length of the pause once the poller sleeps. */
    asleep: () => started.promise,
    end: (): void => {
      const ended = pause;
      [pause, started] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()];
      ended.resolve();
    },
  };
}

/** Runs whose results the test decides; `log` has what was reported. */
function poll(results: readonly (string | undefined)[], options: Partial<PollerOptions> = {}) {
  const { sleep, ...pause } = manualSleep();
  const log: string[] = [];
  let runs = 0;
  const poller = new Poller({
    work: async () => {
      const failure = results[runs++];
      if (failure !== undefined) throw new Error(failure);
    },
    everyMs: 500,
    onFailure: (reason) => log.push(`failed: ${reason}`),
    onRecovery: () => log.push('recovered'),
    sleep,
    ...options,
  });
  return {
    poller,
    log,
    runs: () => runs,
    /** Ends the pause, and resolves in the next one. */
    next: async () => {
      await pause.asleep();
      pause.end();
      await pause.asleep();
    },
    asleep: pause.asleep,
  };
}

test('a poller runs its work after each pause', async () => {
  const it = poll([]);
  assert.equal(await it.asleep(), 500);
  assert.equal(it.runs(), 0);
  await it.next();
  await it.next();
  assert.equal(it.runs(), 2);
  await it.poller[Symbol.asyncDispose]();
  assert.equal(it.runs(), 2);
});

test('a poller runs its work at once if it is asked to', async () => {
  const it = poll([], { immediately: true });
  await it.asleep();
  assert.equal(it.runs(), 1);
  await it.poller[Symbol.asyncDispose]();
});

test('a poller reports the first failure of a row and the recovery after it', async () => {
  const it = poll([undefined, 'away', 'still away', undefined, undefined, 'away again']);
  for (let run = 0; run < 6; run++) await it.next();
  assert.deepEqual(it.log, ['failed: away', 'recovered', 'failed: away again']);
  await it.poller[Symbol.asyncDispose]();
});

test('a poller that is woken runs its work without waiting for the end of the pause', async () => {
  const ran = Promise.withResolvers<void>();
  await using poller = new Poller({
    work: async () => ran.resolve(),
    everyMs: 2 ** 30,
    onFailure: assert.fail,
  });
  poller.wake();
  await ran.promise;
});

test('a poller that is woken during a run starts another one right after it', async () => {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let runs = 0;
  await using poller = new Poller({
    immediately: true,
    work: async () => {
      if (++runs === 1) await first.promise;
      else second.resolve();
    },
    everyMs: 2 ** 30,
    onFailure: assert.fail,
  });
  poller.wake();
  assert.equal(runs, 1);
  first.resolve();
  await second.promise;
});

test('disposing of a poller ends its pause, aborts its signal and waits for the run under way', async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const finish = Promise.withResolvers<void>();
  let finished = false;
  const poller = new Poller({
    immediately: true,
    work: async (signal) => {
      started.resolve(signal);
      await finish.promise;
      finished = true;
    },
    everyMs: 2 ** 30,
    onFailure: assert.fail,
  });
  const signal = await started.promise;
  const disposed = poller[Symbol.asyncDispose]();
  assert.ok(signal.aborted);
  finish.resolve();
  await disposed;
  assert.ok(finished);
});

test('an attempt shares its failure reports with the polling', async () => {
  const it = poll(['away']);
  await it.next();
  await it.poller.attempt(() => Promise.reject(new Error('away')));
  assert.deepEqual(it.log, ['failed: away']);
  await it.poller.attempt(async () => {});
  assert.deepEqual(it.log, ['failed: away', 'recovered']);
  await it.poller[Symbol.asyncDispose]();
});

test('repeated work reports each change between failing and working once', async () => {
  const log: string[] = [];
  const work = new RepeatedWork({ onFailure: (reason) => log.push(reason), onRecovery: () => log.push('recovered') });
  const fail = () => Promise.reject(new Error('full'));
  await work.run(async () => {});
  await work.run(fail);
  await work.run(fail);
  await work.run(async () => {});
  await work.run(fail);
  assert.deepEqual(log, ['full', 'recovered', 'full']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SILENT } from '../../src/base/log.ts';
import { KeptThread, type Thread } from '../../src/process/index.ts';
import { until } from '../support/until.ts';

type Message = { readonly kind: string };

/** A thread that fails when the test says so. */
class FakeThread {
  readonly name = 'reader';
  readonly failed: Promise<never>;
  readonly fail: (error: Error) => void;
  isDisposed = false;

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.fail = reject;
    promise.catch(() => {});
  }

  async answers(): Promise<boolean> {
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}

function keptThread() {
  const opened: FakeThread[] = [];
  const open = () => {
    const thread = new FakeThread();
    opened.push(thread);
    return thread as unknown as Thread<Message, Message>;
  };
  return { opened, kept: new KeptThread(open, SILENT) };
}

test('a thread that fails is started again, and begins its work again', async () => {
  const { opened, kept } = keptThread();
  const begun: unknown[] = [];
  kept.keep(async (thread) => void begun.push(thread));
  assert.deepEqual(kept.troubles, []);
  opened[0]!.fail(new Error('out of memory'));
  await until('the second thread', () => begun.length === 1);
  assert.equal(begun[0], opened[1]);
  assert.equal(kept.current, begun[0]);
  assert.match(kept.troubles.join(), /^questions and alerts were interrupted at 20[^,]+Z: out of memory$/);
  opened[1]!.fail(new Error('again'));
  await until('the third thread', () => begun.length === 2);
  assert.match(kept.troubles.join(), /, 2 times within an hour: again$/);
  await kept[Symbol.asyncDispose]();
  assert.equal(opened[2]!.isDisposed, true);
});

test('a thread that waits to be started again does not count as hanging, and a stop does not wait for it', async () => {
  const { opened, kept } = keptThread();
  kept.keep(async () => {});
  assert.equal(await kept.answers(1000), false);
  opened[0]!.fail(new Error('out of memory'));
  await until('it to be away', async () => await kept.answers(1000));
  await kept[Symbol.asyncDispose]();
  assert.equal(opened.length, 1);
});

test('a thread that fails while it begins is started once more', async () => {
  const { opened, kept } = keptThread();
  kept.keep(async () => {
    if (opened.length > 2) return;
    opened.at(-1)!.fail(new Error('no socket'));
    throw new Error('no socket');
  });
  opened[0]!.fail(new Error('out of memory'));
  await until('the third thread', () => opened.length === 3, 20_000);
  await kept[Symbol.asyncDispose]();
});

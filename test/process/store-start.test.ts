import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreStart } from '../../src/process/index.ts';

/** A thread whose messages the test sends. */
class FakeThread {
  readonly posted: unknown[] = [];
  readonly failed = new Promise<never>(() => {});
  readonly #listeners: ((message: { readonly kind: string }) => void)[] = [];

  post(message: unknown): void {
    this.posted.push(message);
  }

  onMessage(listener: (message: { readonly kind: string }) => void): void {
    this.#listeners.push(listener);
  }

  next(kind: string): Promise<never> {
    const { promise, resolve } = Promise.withResolvers<never>();
    this.onMessage((message) => message.kind === kind && resolve(message as never));
    return promise;
  }

  send(message: { readonly kind: string; readonly [key: string]: unknown }): void {
    for (const listener of this.#listeners) listener(message);
  }
}

test('the arrival clock starts at the latest arrival of a store that opens at once', async () => {
  const writer = new FakeThread();
  const store = new StoreStart(writer);
  writer.send({ kind: 'opened', latest: 77 });
  writer.send({ kind: 'waiting', reason: 'slow' });
  assert.equal(await store.startClock(), 77);
});

test('a store that is away does not delay the spool, even if it opens later', async () => {
  const writer = new FakeThread();
  const store = new StoreStart(writer);
  writer.send({ kind: 'waiting', reason: 'no primary' });
  writer.send({ kind: 'opened', latest: 77 });
  assert.equal(await store.startClock(), 0);
  await store.listenable();
  assert.equal(store.waiting, 'no primary');
});

test('the reader opens the store once the writer is ready, and then the start waits for nothing', async () => {
  const [writer, reader] = [new FakeThread(), new FakeThread()];
  const store = new StoreStart(writer);
  const safe = store.beginReading(reader);
  assert.equal(store.waiting, 'starting');
  assert.deepEqual(reader.posted, []);
  writer.send({ kind: 'ready', node: 3, safe: 12 });
  await store.listenable();
  await new Promise(setImmediate);
  assert.deepEqual(reader.posted, [{ kind: 'begin', node: 3 }]);
  reader.send({ kind: 'waiting', reason: 'slow' });
  assert.equal(store.waiting, 'slow');
  reader.send({ kind: 'ready' });
  assert.equal(await safe, 12);
  assert.equal(store.waiting, undefined);
});

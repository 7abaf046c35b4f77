import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { ThreadEnd } from '../../src/process/index.ts';

type In = { readonly kind: 'start'; readonly node: number } | { readonly kind: 'stop' };
type Out = { readonly kind: 'ready' };

function channel() {
  const { port1: main, port2 } = new MessageChannel();
  const end = new ThreadEnd<In, Out>(port2, 'stop');
  return { main, end, [Symbol.dispose]: () => main.close() };
}

test('the first message of a kind is kept until the thread asks for it', async () => {
  using world = channel();
  const arrived = new Promise<void>((resolve) => world.end.onMessage(() => resolve()));
  world.main.postMessage({ kind: 'start', node: 7 });
  await arrived;
  assert.deepEqual(await world.end.first('start'), { kind: 'start', node: 7 });
});

test('a thread that is asked to end stops waiting for a message, also one that it asks for later', async () => {
  using world = channel();
  const waiting = assert.rejects(world.end.first('start'), (error) => error === world.end.stopping.reason);
  world.main.postMessage({ kind: 'stop' });
  await waiting;
  assert.equal(world.end.stopping.aborted, true);
  await assert.rejects(world.end.first('stop'), (error) => error === world.end.stopping.reason);
});

test('a thread answers a ping, and sends what it has to say', async () => {
  using world = channel();
  world.main.postMessage({ kind: 'ping' });
  assert.deepEqual(await once(world.main, 'message'), [{ kind: 'pong' }]);
  world.end.post({ kind: 'ready' });
  assert.deepEqual(await once(world.main, 'message'), [{ kind: 'ready' }]);
});

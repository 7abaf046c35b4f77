import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EPOCH } from '../support/batches.ts';
import { HOUR, numbered, shortly, World } from './world.ts';

/** Reads rows until there are so many messages. */
async function read(rows: AsyncGenerator<object, unknown>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.filter((text) => text !== '@').length < count) {
    const { done, value } = await rows.next();
    if (done) break;
    found.push(shortly(value as never));
  }
  return found;
}

test('a follower gets the last few messages, then each that becomes visible, once', async () => {
  const world = new World();
  await world.add(numbered(5));
  const stop = new AbortController();
  const rows = world.ask('search', { follow: true, limit: 2 }, stop.signal);
  assert.deepEqual(await read(rows, 2), ['@', '4', '5'], 'a cursor comes first: later, the limit is not counted again');
  await world.add([{ message: 'six' }]);
  assert.deepEqual(await read(rows, 1), ['@', 'six']);
  await world.store([{ message: 'seven' }]);
  const next = read(rows, 2);
  await world.store([{ message: 'eight' }]);
  world.show();
  assert.deepEqual(await next, ['@', 'seven', 'eight']);
  const rest = rows.next();
  stop.abort();
  const { done, value } = await rest;
  assert.ok(done, 'ends where it was stopped');
  assert.deepEqual(await world.texts({ cursor: (value as { cursor: string }).cursor }), []);
});

test('a follower gets only messages that match', async () => {
  const world = new World();
  const stop = new AbortController();
  const rows = world.ask('search', { follow: true, query: 'yes' }, stop.signal);
  const found = read(rows, 2);
  await world.add([{ message: 'yes 1' }, { message: 'no' }]);
  await world.add([{ message: 'no' }]);
  await world.add([{ message: 'yes 2' }]);
  assert.deepEqual(
    (await found).filter((text) => text !== '@'),
    ['yes 1', 'yes 2'],
  );
  stop.abort();
});

test('a follower reads a new node from its start', async () => {
  const world = new World();
  await world.add(numbered(1));
  const stop = new AbortController();
  const rows = world.ask('search', { follow: true }, stop.signal);
  assert.deepEqual(await read(rows, 1), ['1']);
  await world.add([{ message: 'of another', received_at: new Date(EPOCH - HOUR) }], 2);
  assert.deepEqual(await read(rows, 1), ['@', 'of another']);
  stop.abort();
});

test('a beginning leaves out what arrived before it and was shown, not what another receiver stores late', async () => {
  const world = new World();
  await world.add([{ message: 'before', received_at: new Date(EPOCH + HOUR - 5) }]);
  await world.add([{ message: 'of another, before', received_at: new Date(EPOCH + HOUR - 5) }], 2);
  for (const begin of [{ limit: 0 }, {}]) {
    const stop = new AbortController();
    const rows = world.ask('search', { follow: true, since: world.now, ...begin }, stop.signal);
    assert.deepEqual(shortly((await rows.next()).value as never), '@');
    await world.add([{ message: 'late', received_at: new Date(EPOCH + HOUR - 1) }], 2);
    assert.deepEqual(await read(rows, 1), ['late'], 'a follower that had gone on from its cursor would have it, too');
    stop.abort();
  }
});

test('a beginning in the future leaves out what arrives until then', async () => {
  const world = new World();
  const stop = new AbortController();
  const rows = world.ask('search', { follow: true, since: world.now + 10 }, stop.signal);
  const found = read(rows, 1);
  await world.add([{ message: 'too early', received_at: new Date(world.now + 9) }]);
  await world.add([{ message: 'in time', received_at: new Date(world.now + 10) }]);
  assert.deepEqual(
    (await found).filter((text) => text !== '@'),
    ['in time'],
  );
  stop.abort();
});

test('a follower that continues from its last cursor misses and repeats nothing', async () => {
  const world = new World();
  await world.add(numbered(3));
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let round = 0; round < 5; round++) {
    const stop = new AbortController();
    const rows = world.ask('search', { follow: true, ...(cursor && { cursor }) }, stop.signal);
    for await (const row of rows) {
      if ('_cursor' in row) {
        cursor = row._cursor;
        stop.abort();
      } else seen.push(shortly(row));
    }
    await world.add([{ message: `round ${round}` }]);
  }
  assert.deepEqual(seen, ['1', '2', '3', 'round 0', 'round 1', 'round 2', 'round 3']);
});

test('a follower ends at once when its signal aborts', async () => {
  const world = new World();
  const stop = new AbortController();
  const rows = world.ask('search', { follow: true }, stop.signal);
  await rows.next();
  const waiting = rows.next();
  stop.abort();
  assert.equal((await waiting).done, true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAccount } from '../../src/account/balance.ts';
import { ACCOUNT, bucketKey } from '../../src/account/rollup.ts';
import { Bucket } from '../../src/account/bucket.ts';
import type { StoreState } from '../../src/store/contract.ts';
import { memoryState } from '../../src/store/memory/state.ts';

const START = Date.UTC(2026, 10, 22, 10);
const MINUTE = 60_000;

type Row = readonly [kind: 'listener' | 'host' | 'stage', name: string, counts: Readonly<Record<string, number>>];

function cellOf(rows: readonly Row[]): Bucket {
  const cell = new Bucket();
  for (const [kind, name, counts] of rows) {
    for (const [what, count] of Object.entries(counts)) cell.add(kind, name, what, count);
  }
  return cell;
}

/** Books of a node with one cell each. */
async function stateOf(taken: readonly Row[], door: readonly Row[] = []): Promise<(name: string) => StoreState> {
  const state = memoryState(() => START);
  await state.put(bucketKey('1/taken', 'minute', START), cellOf(taken).toJSON(), 0);
  await state.put(bucketKey('1/door', 'minute', START), cellOf(door).toJSON(), 0);
  return (name) => {
    assert.equal(name, ACCOUNT);
    return state;
  };
}

const window = { from: START, to: START + MINUTE };
const options = { nodes: [1], node: 1, window, now: START + 30_000 };

test('received messages are the sum of their outcomes, by listener and in total', async () => {
  const state = await stateOf(
    [
      ['listener', 'udp0', { taken: 10, stored: 6, dropped: 3, dead: 1 }],
      ['host', 'web1', { stored: 6, dropped: 3, dead: 1 }],
      ['stage', 'drop0', { dropped: 3 }],
      ['listener', '', { damaged: 2 }],
    ],
    [
      [
        'listener',
        'udp0',
        { 'dropped.rate': 5, 'dropped.spool_full': 4, 'dropped.kernel': 7, 'dropped.not_allowed': 8 },
      ],
    ],
  );
  const told = await readAccount({ ...options, state });
  assert.deepEqual(told.faults, []);
  assert.deepEqual(told.total, { received: 21, stored: 6, dropped: 3, limited: 5, dead: 1, waiting: 0, lost: 6 });
  const [udp, damaged] = told.listeners;
  assert.deepEqual([udp!.received, udp!.limited, udp!.lost, udp!.kernel, udp!.refused], [19, 5, 4, 7, 8]);
  assert.deepEqual([damaged!.name, damaged!.received, damaged!.lost], ['(damaged in the spool)', 2, 2]);
  assert.deepEqual(told.stages, [{ name: 'drop0', dropped: 3 }]);
});

test('the account reports what does not balance', async () => {
  const told = async (taken: readonly Row[], door: readonly Row[] = []) =>
    (await readAccount({ ...options, state: await stateOf(taken, door) })).faults.map((fault) => fault.split(': a')[0]);
  const host: Row = ['host', 'web1', { stored: 6 }];
  assert.deepEqual(await told([['listener', 'tcp0', { taken: 7, stored: 6 }], host]), [
    'tcp0: 1 message received and not accounted for',
  ]);
  assert.deepEqual(await told([['listener', 'tcp0', { taken: 4, stored: 6 }], host]), [
    'tcp0: 2 messages stored or dropped but never received',
  ]);
  assert.deepEqual(await told([['listener', 'tcp0', { taken: 7, stored: 7 }], host]), [
    'stored: 7 messages by listener, 6 by host',
  ]);
  assert.deepEqual(
    await told([['listener', 'tcp0', { taken: 6, stored: 6 }], host], [['listener', 'tcp0', { unexplained: 3 }]]),
    ['tcp0: 3 messages received and not accounted for'],
  );
});

test('a running server counts messages that were received and are not stored yet', async () => {
  const state = await stateOf([
    ['listener', 'tcp0', { taken: 6, stored: 6 }],
    ['host', 'web1', { stored: 6 }],
  ]);
  const counters = {
    'listen.tcp0.received.frames': 12,
    'listen.tcp0.dropped.spool_full': 2,
    'writer.settled.listener.tcp0': 6,
    'spool.earlier': 9,
    'writer.settled.earlier': 4,
  };
  const told = await readAccount({ ...options, state, counters: () => counters });
  assert.deepEqual(
    told.listeners.map(({ name, received, waiting }) => [name, received, waiting]),
    [
      ['tcp0', 10, 4],
      ['(of an earlier run)', 5, 5],
    ],
  );
  const past = { ...options, now: START + 10 * MINUTE };
  const before = await readAccount({ ...past, state, counters: () => counters });
  assert.equal(before.total.waiting, 0);
  const wrong = { ...counters, 'listen.tcp0.received.frames': 7 };
  assert.match(
    (await readAccount({ ...options, state, counters: () => wrong })).faults.join(),
    /^tcp0: 1 message more read from the spool than received/,
  );
});

test('messages that are made safe while the rollups are read are counted once', async () => {
  const state = await stateOf([['listener', 'tcp0', { taken: 6, stored: 6 }]]);
  let settled = 0;
  let asked = 0;
  const counters = () => {
    // Between the first look and the second, a batch of six is settled.
    if (asked++ === 1) settled = 6;
    return { 'listen.tcp0.received.frames': 6, 'writer.settled.listener.tcp0': settled };
  };
  const told = await readAccount({ ...options, state, counters });
  assert.deepEqual([told.total.received, told.total.waiting, asked], [6, 0, 4]);
});

test('the account reads the buckets of all nodes', async () => {
  const state = memoryState(() => START);
  for (const node of [1, 2]) {
    const cell = cellOf([['listener', 'tcp0', { taken: node, stored: node }]]);
    cell.add('host', 'web1', 'stored', node);
    await state.put(bucketKey(`${node}/taken`, 'minute', START), cell.toJSON(), 0);
  }
  const told = await readAccount({ ...options, state: () => state, nodes: [1, 2], node: undefined });
  assert.deepEqual(
    told.listeners.map(({ node, name, stored }) => [node, name, stored]),
    [
      [1, 'tcp0', 1],
      [2, 'tcp0', 2],
    ],
  );
  assert.deepEqual(told.hosts, [{ name: 'web1', stored: 3, dropped: 0, dead: 0, waiting: 0 }]);
  assert.deepEqual(told.faults, []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bucket } from '../../src/account/bucket.ts';
import { MAX_SENDERS, OTHER_HOSTS } from '../../src/account/sender-interner.ts';
import { MINUTE, OutcomeCounters } from '../../src/account/outcome-counters.ts';
import { batchOf, type Draft, EPOCH, SOURCE } from '../support/batches.ts';

const at = (ms: number): Date => new Date(EPOCH + ms);

function countsOf(cells: ReadonlyMap<number, Bucket>): unknown[] {
  return [...cells].flatMap(([minute, cell]) =>
    (['listener', 'host', 'stage'] as const).flatMap((kind) =>
      cell.rows(kind).map(({ name, counts }) => [(minute - EPOCH) / MINUTE, kind, name, { ...counts }]),
    ),
  );
}

test('rows are counted by listener, host and minute of arrival', () => {
  const tally = new OutcomeCounters();
  const drafts: Draft[] = [
    { hostname: 'web1', received_at: at(0) },
    { hostname: 'web2', received_at: at(1), source: { ...SOURCE, listener: 'udp0' } },
    { hostname: 'web1', received_at: at(2), source: { ...SOURCE, port: 7 } },
    { hostname: 'web10', received_at: at(MINUTE) },
    { received_at: at(MINUTE) },
  ];
  tally.stored(batchOf(drafts));
  tally.read('tcp0', EPOCH + 2, 2);
  tally.commit();
  assert.deepEqual(countsOf(tally.take()), [
    [0, 'listener', 'tcp0', { stored: 2, taken: 2 }],
    [0, 'listener', 'udp0', { stored: 1 }],
    [0, 'host', 'web1', { stored: 2 }],
    [0, 'host', 'web2', { stored: 1 }],
    [1, 'listener', 'tcp0', { stored: 2 }],
    [1, 'host', 'web10', { stored: 1 }],
    [1, 'host', '', { stored: 1 }],
  ]);
  assert.deepEqual(countsOf(tally.take()), []);
});

test('a batch that spans two minutes is counted by the minute of each row', () => {
  for (const inMemory of [false, true]) {
    const tally = new OutcomeCounters();
    const drafts = [0, 1, MINUTE, MINUTE + 1].map((ms): Draft => ({ hostname: 'a', received_at: at(ms) }));
    tally.alreadyStored(batchOf([{ hostname: 'a', received_at: at(MINUTE) }]), 0);
    tally.stored(batchOf(drafts, { inMemory }));
    tally.commit();
    const hosts = countsOf(tally.take()).filter((row) => (row as unknown[])[1] === 'host');
    assert.deepEqual(hosts.sort(), [
      [0, 'host', 'a', { stored: 2 }],
      [1, 'host', 'a', { stored: 3 }],
    ]);
  }
});

test('take returns committed counts only, also after the minute has changed', () => {
  const tally = new OutcomeCounters();
  const second = batchOf([{ hostname: 'a', received_at: at(1) }]);
  tally.stored(batchOf([{ hostname: 'a', received_at: at(0) }]));
  tally.commit();
  tally.dropped(second, 0, 'quiet');
  tally.alreadyStored(batchOf([{ hostname: 'a', received_at: at(MINUTE) }]), 0);
  assert.deepEqual(countsOf(tally.take()), [
    [0, 'listener', 'tcp0', { stored: 1 }],
    [0, 'host', 'a', { stored: 1 }],
  ]);
  tally.commit();
  assert.deepEqual(countsOf(tally.take()), [
    [0, 'listener', 'tcp0', { dropped: 1 }],
    [0, 'host', 'a', { dropped: 1 }],
    [0, 'stage', 'quiet', { dropped: 1 }],
    [1, 'listener', 'tcp0', { stored: 1 }],
    [1, 'host', 'a', { stored: 1 }],
  ]);
});

test('a dead letter is not counted as stored', () => {
  const tally = new OutcomeCounters();
  const batch = batchOf([{ hostname: 'a' }, { hostname: 'a' }, { hostname: 'b' }]);
  tally.deadLettered(batch, 2);
  tally.stored(batch);
  tally.commit();
  assert.deepEqual(countsOf(tally.take()).slice(0, 3), [
    [0, 'listener', 'tcp0', { stored: 2, dead: 1 }],
    [0, 'host', 'b', { dead: 1 }],
    [0, 'host', 'a', { stored: 2 }],
  ]);
});

test('forged host names are limited, do not displace known hosts, and are removed again', () => {
  const tally = new OutcomeCounters();
  const minute = (number: number, names: readonly string[]): ReadonlyMap<number, Bucket> => {
    tally.stored(batchOf(names.map((hostname) => ({ hostname, received_at: at(number * MINUTE) }))));
    tally.commit();
    return tally.take();
  };
  const hosts = (cells: ReadonlyMap<number, Bucket>): Map<string, number> =>
    new Map(
      [...cells.values()].flatMap((cell) => cell.rows('host').map(({ name, counts }) => [name, counts['stored'] ?? 0])),
    );
  minute(0, ['web1']);
  const forged = Array.from({ length: 3 * MAX_SENDERS }, (_, index) => `forged${index}`);
  const flooded = hosts(minute(1, [...forged, 'web1', 'late']));
  assert.equal(flooded.get('web1'), 1);
  assert.equal(flooded.get('late'), undefined);
  assert.equal(flooded.size, MAX_SENDERS + 1);
  assert.equal(
    [...flooded.values()].reduce((sum, count) => sum + count, 0),
    forged.length + 2,
  );
  assert.ok(flooded.get(OTHER_HOSTS)! > MAX_SENDERS);
  minute(2, ['web1']);
  assert.equal(hosts(minute(9, ['web1', 'late'])).get('late'), 1);
});

test('a bucket keeps the busiest hosts by name and adds the others up', () => {
  const cell = new Bucket();
  for (let host = 0; host < 50; host++) cell.add('host', `h${host}`, 'stored', host + 1);
  for (let round = 0; round < 3; round++) cell.bound(10, OTHER_HOSTS);
  const rows = cell.rows('host');
  assert.equal(rows.length, 10);
  assert.equal(rows.find(({ name }) => name === 'h49')?.counts['stored'], 50);
  assert.equal(
    rows.reduce((sum, { counts }) => sum + counts['stored']!, 0),
    (50 * 51) / 2,
  );
});

test('a host may have the name of a property of objects', () => {
  const cell = new Bucket();
  const names = ['__proto__', 'constructor', 'a b', ''];
  for (const name of names) cell.add('host', name, 'stored', 1);
  const read = Bucket.from(JSON.parse(JSON.stringify(cell)));
  assert.deepEqual(
    read.rows('host').map(({ name, counts }) => [name, counts['stored']]),
    names.map((name) => [name, 1]),
  );
});

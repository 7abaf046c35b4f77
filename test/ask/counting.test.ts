import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CordwoodError } from '../../src/base/errors.ts';
import { answer } from '../../src/ask/answer.ts';
import type { Draft } from '../support/batches.ts';
import { EPOCH } from '../support/batches.ts';
import { DAY, HOUR, MINUTE, numbered, World } from './world.ts';

const worldOf = async (drafts: readonly Draft[]): Promise<World> => {
  const world = new World();
  await world.add(drafts);
  return world;
};
const at = (ms: number, draft: Draft = {}): Draft => ({ received_at: new Date(EPOCH + ms), ...draft });

test('count counts the messages of a query', async () => {
  const world = await worldOf(numbered(7));
  const { rows, end } = await world.get('count', { query: 'NOT 3' });
  assert.deepEqual(rows, [{ count: 6 }]);
  assert.equal(end.sinceDefault, true);
  assert.deepEqual((await world.get('count', { query: 'nothing' })).rows, [{ count: 0 }]);
});

test('count leaves out messages that are not visible', async () => {
  const world = await worldOf(numbered(7));
  await world.store(numbered(3));
  assert.deepEqual((await world.get('count', {})).rows, [{ count: 7 }]);
});

test('hist returns buckets that are not empty, earliest first', async () => {
  const world = await worldOf([at(0), at(MINUTE), at(MINUTE + 1), at(10 * MINUTE)]);
  const { rows, end } = await world.get('hist', { every: MINUTE });
  assert.deepEqual(rows, [
    { values: [], at: EPOCH, count: 1 },
    { values: [], at: EPOCH + MINUTE, count: 2 },
    { values: [], at: EPOCH + 10 * MINUTE, count: 1 },
  ]);
  assert.equal(end.every, MINUTE);
});

test('hist by a field sorts values, absent ones last', async () => {
  const world = await worldOf([at(0, { hostname: 'b' }), at(1), at(2, { hostname: 'a' }), at(3, { hostname: 'b' })]);
  const { rows } = await world.get('hist', { every: HOUR, by: 'host' });
  assert.deepEqual(
    rows.map(({ values, count }) => [values[0], count]),
    [
      ['a', 1],
      ['b', 2],
      [null, 1],
    ],
  );
});

const step = (name: string, params: object, want: number) =>
  test(`hist ${name} counts in buckets of ${want / 1000} s`, async () => {
    const world = await worldOf([at(0)]);
    assert.equal((await world.get('hist', params)).end.every, want);
  });
step('of a day', {}, 30 * MINUTE);
step('of a day in 300 buckets', { buckets: 300 }, 5 * MINUTE);
step('of an hour', { since: EPOCH, until: EPOCH + HOUR }, MINUTE);
step('of 30 days', { since: EPOCH, until: EPOCH + 30 * DAY }, 12 * HOUR);
step('of a second', { since: EPOCH, until: EPOCH + 1000 }, 1000);
step('of all there is, which is an hour old', { since: 'all' }, MINUTE);
step('of 100 years', { since: EPOCH - 36_500 * DAY }, 364 * DAY);

test('top sorts by count, then by value, and returns ten by default', async () => {
  const hosts = ['c', 'a', 'b', 'b', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];
  const world = await worldOf(hosts.map((hostname) => ({ hostname })));
  const { rows, end } = await world.get('top', { fields: ['hostname'] });
  assert.deepEqual(rows.map(({ values }) => values[0]).join(''), 'bacdefghij');
  assert.equal(end.limited, true);
  const few = await world.get('top', { fields: ['hostname'], limit: 11 });
  assert.deepEqual([few.rows.length, few.end.limited], [11, undefined]);
});

test('top of several fields returns combinations, severities as numbers', async () => {
  const world = await worldOf([
    { hostname: 'a', severity: 3 },
    { hostname: 'a', severity: 3 },
    { hostname: 'a', severity: 6 },
    { severity: 6 },
  ]);
  const { rows } = await world.get('top', { fields: ['host', 'severity'] });
  assert.deepEqual(rows, [
    { values: ['a', 3], count: 2 },
    { values: ['a', 6], count: 1 },
    { values: [null, 6], count: 1 },
  ]);
});

test('fields returns the most common first', async () => {
  const world = await worldOf([{ hostname: 'a' }, { hostname: 'b', appname: 'x' }]);
  const { rows } = await world.get('fields', {});
  assert.deepEqual(
    rows.find(({ name }) => name === 'hostname'),
    { name: 'hostname', count: 2 },
  );
  const counts = rows.map(({ count }) => count);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => b - a),
  );
  assert.ok(rows.findIndex(({ name }) => name === 'appname') > rows.findIndex(({ name }) => name === 'hostname'));
});

test('stats returns the store and the status', async () => {
  const { rows, end } = await (await worldOf(numbered(3))).get('stats', {});
  assert.equal(rows.length, 1);
  assert.equal(rows[0]!.store.days[0]!.messages, 3);
  assert.equal(rows[0]!.counters['spool.records'], 7);
  assert.deepEqual(end, {});
});

test('stats without the store returns everything else; without a server it is an error', async () => {
  const world = await worldOf(numbered(3));
  const { context } = world;
  const stats = async () => {
    throw new CordwoodError('ERR_STORE', 'cannot answer from MongoDB: it is away');
  };
  const away = { ...context, store: { ...context.store, stats } };
  const { value } = await answer('stats', {}, away, new AbortController().signal).next();
  assert.partialDeepStrictEqual(value, { data: '/data', store: { away: 'cannot answer from MongoDB: it is away' } });
  const local = { ...away, status: async () => ({ ...(await context.status()), running: false }) };
  await assert.rejects(answer('stats', {}, local, new AbortController().signal).next(), /it is away/);
});

const refused = (name: 'hist' | 'top' | 'count', params: object, want: RegExp) =>
  test(`${name} ${JSON.stringify(params)} is refused`, () => {
    assert.throws(() => new World().ask(name, params), { code: 'ERR_USAGE', message: want });
  });
refused('top', { fields: ['hostnme'] }, /unknown field "hostnme"; did you mean "hostname"/);
refused('top', { fields: [] }, /fields: has 0 entries; it takes at least 1/);
refused('top', {}, /fields: is missing/);
refused('hist', { by: 'nosuchthing' }, /unknown field "nosuchthing"/);
refused('hist', { every: 0 }, /every: 0 is out of range; it is at least 1/);
refused('count', { since: 'yesterday' }, /since: "yesterday" is neither a time in ms nor "all"/);

test('filters have no more terms together than one query has', () => {
  const filters = Array.from({ length: 1001 }, (_, n) => ({ text: `word${n}`, flag: '-v' }));
  const want = /^cannot search by 1001 terms: at most 1000 are allowed/;
  assert.throws(() => new World().ask('count', { filters }), { code: 'ERR_USAGE', message: want });
});

test('hist refuses too many buckets before it counts', async () => {
  const world = await worldOf([at(0)]);
  await assert.rejects(world.get('hist', { every: 10 }), {
    code: 'ERR_USAGE',
    message: /^cannot count in buckets of 10ms: that makes more than 100,000; narrow the window/,
  });
});

test('top refuses too many groups', async () => {
  const world = new World();
  const groups = Array.from({ length: 100_001 }, (_, index) => ({ values: [index], count: 1 }));
  Object.assign(world, {
    context: { ...world.context, store: { ...world.context.store, aggregate: async () => groups } },
  });
  await assert.rejects(world.get('top', { fields: ['procid'] }), {
    code: 'ERR_USAGE',
    message: /more than 100,000 groups/,
  });
});

test('the store gets a limit for the number of groups', async () => {
  const world = await worldOf(numbered(3));
  const { store } = world.context;
  const asked: (number | undefined)[] = [];
  const aggregate: typeof store.aggregate = (query, grouping, signal) => {
    asked.push(grouping.atMost);
    return store.aggregate(query, grouping, signal);
  };
  Object.assign(world, { context: { ...world.context, store: { ...store, aggregate } } });
  await world.get('top', { fields: ['message'] });
  await world.get('hist', {});
  assert.deepEqual(asked, [100_000, 100_000]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { encodeId } from '../../src/model/id.ts';
import { EPOCH } from '../support/batches.ts';
import { DAY, HOUR, numbered, World } from './world.ts';

const ten = async (): Promise<World> => {
  const world = new World();
  await world.add(numbered(10));
  return world;
};

const ok = (name: string, params: object, want: string, limited = false) =>
  test(name, async () => {
    const { rows, end } = await (await ten()).get('search', params);
    assert.equal(rows.map((row) => ('message' in row ? row.message : '?')).join(' '), want);
    assert.equal(end.limited ?? false, limited);
  });
ok('a search returns everything, oldest first', {}, '1 2 3 4 5 6 7 8 9 10');
ok('a search can return the newest first', { order: 'newest' }, '10 9 8 7 6 5 4 3 2 1');
ok('a limit keeps the newest, oldest first', { limit: 3 }, '8 9 10', true);
ok('a limit keeps the newest, newest first', { limit: 3, order: 'newest' }, '10 9 8', true);
ok('a limit from the start keeps the oldest', { limit: 3, from: 'start' }, '1 2 3', true);
ok(
  'a limit from the start keeps the oldest, newest first',
  { limit: 3, from: 'start', order: 'newest' },
  '3 2 1',
  true,
);
ok('a limit above the number of matches does not cut', { limit: 11 }, '1 2 3 4 5 6 7 8 9 10');
ok('a limit equal to the number of matches does not cut', { limit: 10 }, '1 2 3 4 5 6 7 8 9 10');
ok('a limit of 0 returns nothing', { limit: 0 }, '', true);
ok('a query selects messages', { query: '3 OR 5' }, '3 5');
ok('a query and filters must all match', { query: '3 OR 5', filters: [{ text: '5 OR 6', flag: '-g' }] }, '5');
ok('a window selects by arrival', { since: EPOCH + 3, until: EPOCH + 6 }, '3 4 5');

test('a limit above the buffer reverses the order, too', async () => {
  const world = new World();
  await world.add(numbered(2500));
  const want = Array.from({ length: 2400 }, (_, index) => String(index + 101));
  assert.deepEqual(await world.texts({ limit: 2400 }), want);
  assert.deepEqual(
    await world.texts({ limit: 2400, from: 'start', order: 'newest' }),
    Array.from({ length: 2400 }, (_, index) => String(2400 - index)),
  );
});

test('a search leaves out messages that are not visible', async () => {
  const world = await ten();
  await world.store(numbered(2));
  assert.equal((await world.texts({})).length, 10);
  world.show();
  assert.equal((await world.texts({})).length, 12);
});

test('without since, a search covers the last 24 hours, and its end says so', async () => {
  const world = await ten();
  world.now = EPOCH + 5 + DAY;
  const { rows, end } = await world.get('search', {});
  assert.equal(rows.length, 6);
  assert.deepEqual([end.since, end.sinceDefault], [EPOCH + 5, true]);
  const all = await world.get('search', { since: 'all' });
  assert.equal(all.rows.length, 10);
  assert.deepEqual([all.end.since, all.end.sinceDefault], [undefined, undefined]);
  const earlier = await world.get('search', { until: EPOCH + 3 });
  assert.deepEqual([earlier.rows.length, earlier.end.since], [2, EPOCH + 3 - DAY]);
});

const refused = (name: string, params: object, want: object) =>
  test(name, async () => {
    const world = await ten();
    assert.throws(() => world.ask('search', params), want);
  });
const USAGE = 'ERR_USAGE';
refused(
  'a query that cannot be read is refused with its column',
  { query: 'a AND (b' },
  { code: 'ERR_QUERY', query: 'a AND (b', column: 6 },
);
refused(
  'a filter that cannot be read is refused',
  { filters: [{ text: '/(/', flag: '-g' }] },
  { code: 'ERR_QUERY', query: '/(/' },
);
refused('an unknown parameter is refused', { limt: 3 }, { code: USAGE, message: /limt: .* did you mean "limit"/ });
refused(
  'a limit below zero is refused',
  { limit: -1 },
  { code: USAGE, message: /limit: -1 is out of range; it is at least 0/ },
);
refused('missing parameters are refused', null as never, { code: USAGE, message: /parameters: null is empty/ });
refused(
  'a window that ends before it begins is refused',
  { since: 5, until: 5 },
  { code: USAGE, message: /ends before it begins/ },
);
refused('an unknown time zone is refused', { zone: 'Mars/Phobos' }, { code: USAGE, message: /Mars\/Phobos/ });
refused('a text that is not a cursor is refused', { cursor: 'x' }, { code: USAGE, message: /remove it to start over/ });
refused(
  'following newest first is refused',
  { follow: true, order: 'newest' },
  { code: USAGE, message: /cannot follow newest first/ },
);

test('incremental searches return every message once', async () => {
  const world = new World();
  await world.add(numbered(3));
  const first = await world.get('search', {});
  await world.add(numbered(2));
  const second = await world.get('search', { cursor: first.end.cursor });
  const third = await world.get('search', { cursor: second.end.cursor });
  assert.deepEqual(
    [first, second, third].map(({ rows }) => rows.length),
    [3, 2, 0],
  );
  assert.equal(third.end.sinceDefault, undefined);
});

test('a search without a match advances its cursor', async () => {
  const world = await ten();
  const { end } = await world.get('search', { query: 'nothing' });
  assert.equal((await world.get('search', { cursor: end.cursor })).rows.length, 0);
});

test('a cursor does not move beyond the window', async () => {
  const world = await ten();
  const { end } = await world.get('search', { until: EPOCH + 4 });
  assert.deepEqual(await world.texts({ cursor: end.cursor }), ['4', '5', '6', '7', '8', '9', '10']);
});

test('a cursor that names an unknown node says so', async () => {
  const world = new World();
  await world.add(numbered(3));
  const { end } = await world.get('search', {});
  assert.equal((await world.get('search', { cursor: end.cursor })).end.uncovered, undefined);
  const stranger = encodeId(EPOCH, 0xffff, 7);
  const { rows, end: told } = await world.get('search', { cursor: stranger });
  assert.equal(rows.length, 3);
  assert.match(told.uncovered!.join(), /^the cursor is of another store: node 65535 stored nothing here; other nodes/);
});

test('a node missing from a cursor is read from its start', async () => {
  const world = await ten();
  const { end } = await world.get('search', {});
  await world.add(numbered(2, { received_at: new Date(EPOCH - HOUR) }), 2);
  assert.equal((await world.get('search', { cursor: end.cursor })).rows.length, 2);
});

test('pages from the start return every message of all nodes once and in order', async () => {
  const arrivals = fc.array(fc.record({ node: fc.constantFrom(1, 2, 3), gap: fc.constantFrom(0, 0, 1, 2) }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 7 }), async (given, limit) => {
      const world = new World();
      let at = EPOCH;
      for (const { node, gap } of given) {
        at += gap;
        await world.add([{ message: 'x', received_at: new Date(at) }], node);
      }
      const want = (await world.get('search', {})).rows.map((row) => ('_id' in row ? row._id : ''));
      const seen: string[] = [];
      let params: object = { limit, from: 'start' };
      for (;;) {
        const { rows, end } = await world.get('search', params);
        seen.push(...rows.map((row) => ('_id' in row ? row._id : '')));
        if (!end.limited) break;
        params = { limit, from: 'start', cursor: end.cursor };
      }
      assert.deepEqual(seen, want);
    }),
    { numRuns: 60 },
  );
});

test('a window that retention has cut is not covered; one older than the store is', async () => {
  const world = new World(7 * DAY);
  await world.add(numbered(1));
  const since = EPOCH - 30 * DAY;
  assert.equal((await world.get('search', { since })).end.uncovered, undefined);
  world.now = EPOCH + 7.5 * DAY;
  const { end } = await world.get('search', { since });
  const edge = new Date(EPOCH + DAY / 2).toISOString();
  assert.deepEqual(end.uncovered, [
    `the window begins before ${edge}: earlier messages of the stream default were removed (past its keep)`,
  ]);
  assert.equal((await world.get('search', { since: EPOCH + DAY / 2 })).end.uncovered, undefined);
});

test('damage of the store is reported', async () => {
  const world = await ten();
  const { store } = world.context;
  const damaged = {
    ...world.context,
    store: { ...store, stats: async () => ({ ...(await store.stats()), damaged: 2 }) },
  };
  Object.assign(world, { context: damaged });
  const { end } = await world.get('count', {});
  assert.deepEqual(end.uncovered, ['2 damaged pieces of the store left out']);
});

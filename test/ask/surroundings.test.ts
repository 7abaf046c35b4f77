import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import type { Draft } from '../support/batches.ts';
import { EPOCH } from '../support/batches.ts';
import { World } from './world.ts';

/** A world with one message for each `host text`. */
const worldOf = async (lines: string): Promise<World> => {
  const world = new World();
  const drafts = lines.split(', ').map((line): Draft => {
    const [hostname, message] = line.split(' ') as [string, string];
    return { ...(hostname !== '-' && { hostname }), message };
  });
  await world.add(drafts);
  return world;
};

const ok = (name: string, lines: string, params: object, want: string) =>
  test(name, async () => {
    const world = await worldOf(lines);
    assert.equal((await world.texts({ query: 'x', ...params })).join(' '), want);
  });

const ONE = 'a 1, a 2, a 3, a x, a 5, a 6, a 7';
ok('context lines before a match', ONE, { before: 2 }, '(2) (3) x');
ok('context lines after a match', ONE, { after: 2 }, 'x (5) (6)');
ok('context lines around a match', ONE, { before: 1, after: 1 }, '(3) x (5)');
ok('fewer context lines than asked for', ONE, { before: 9, after: 9 }, '(1) (2) (3) x (5) (6) (7)');
ok('context lines, newest first', ONE, { before: 1, after: 2, order: 'newest' }, '(6) (5) x (3)');
ok('context has only lines of the same host', 'a 1, b 2, a x, b 4, a 5', { before: 1, after: 1 }, '(1) x (5)');
ok('host names are compared without case', 'A 1, a x, A 3', { before: 1, after: 1 }, '(1) x (3)');
ok('lines without a host count as one host', '- 1, a 2, - x, a 4, - 5', { before: 1, after: 1 }, '(1) x (5)');
ok('runs that overlap are joined', 'a 1, a x, a 3, a x, a 5', { before: 1, after: 1 }, '(1) x (3) x (5)');
ok('runs that touch are joined', 'a x, a 2, a 3, a x', { before: 1, after: 1 }, 'x (2) (3) x');
ok('a gap row separates runs', 'a x, a 2, a 3, a 4, a x', { before: 1, after: 1 }, 'x (2) -- (4) x');
ok('a gap row separates hosts', 'a x, b x, a 3, b 4', { after: 1 }, 'x (3) -- x (4)');
ok('adjacent matches are not context', 'a x, a x, a x', { before: 1 }, 'x x x');
ok(
  'a limit counts matches; older ones are context',
  'a x, a x, a x, a 4',
  { before: 1, after: 1, limit: 1 },
  '(x) x (4)',
);
ok('a match beyond the limit is context', 'a x, a x, a 3', { after: 1, from: 'start', limit: 1 }, 'x (x)');
ok('lines beyond the window are context', 'a 1, a x, a x, a 4', { since: EPOCH + 3, before: 1, after: 1 }, '(x) x (4)');

test('context is complete if many lines share the millisecond of a match', async () => {
  const world = new World();
  const at = new Date(EPOCH);
  const lines = Array.from({ length: 300 }, (_, index) => ({ hostname: 'a', message: `l${index}`, received_at: at }));
  await world.add([
    ...lines,
    { hostname: 'a', message: 'x', received_at: at },
    { hostname: 'a', message: 'end', received_at: at },
  ]);
  assert.equal((await world.texts({ query: 'x', before: 1, after: 1 })).join(' '), '(l299) x (end)');
});

test('each host has the context that grep shows of its lines', async () => {
  const lines = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y', 'y', 'y')), { maxLength: 25 });
  const sizes = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }));
  await fc.assert(
    fc.asyncProperty(lines, sizes, fc.constantFrom('oldest', 'newest'), async (given, [before, after], order) => {
      const world = new World();
      await world.add(given.map(([hostname, message]) => ({ hostname, message })));
      const { rows } = await world.get('search', { query: 'x', before, after, order });
      for (const host of ['a', 'b']) {
        const own = given.flatMap(([hostname, text], index) =>
          hostname === host ? [{ text, at: EPOCH + index + 1 }] : [],
        );
        const near = (index: number) =>
          own.slice(Math.max(0, index - after), index + before + 1).some(({ text }) => text === 'x');
        const want = own.filter((_, index) => near(index)).map(({ at }) => at);
        const got = rows.flatMap((row) => ('_id' in row && row.hostname === host ? [row.received_at.getTime()] : []));
        assert.deepEqual(got, order === 'oldest' ? want : want.reverse());
      }
      for (const row of rows) if ('_id' in row) assert.equal(row._context ?? false, row.message !== 'x');
    }),
    { numRuns: 200 },
  );
});

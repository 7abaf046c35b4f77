import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Gap } from '../../src/account/contract.ts';
import { answer } from '../../src/ask/index.ts';
import { mayBeRelevant } from '../../src/ask/relevance.ts';
import { DAY } from '../../src/base/units.ts';
import { parseQuery } from '../../src/query/index.ts';
import { EPOCH } from '../support/batches.ts';
import { HOUR, MINUTE, numbered, shortly, World } from './world.ts';

const gap = (from: number, to: number, more: Partial<Gap> = {}): Gap => ({
  from: EPOCH + from,
  to: EPOCH + to,
  reason: 'outage',
  ...more,
});

/** Five messages from EPOCH on, a minute apart, with gaps before, between and after them. */
async function world(): Promise<World> {
  const made = new World();
  await made.add(numbered(5).map((draft, index) => ({ ...draft, received_at: new Date(EPOCH + index * MINUTE) })));
  made.gaps = [
    gap(-MINUTE, -30_000, { reason: 'kernel', count: 2, listener: 'udp0' }),
    gap(90_000, 100_000),
    gap(150_000, 200_000, { reason: 'sequence', host: 'web1', listener: 'tcp0', count: 3 }),
    gap(5 * MINUTE, 6 * MINUTE, { reason: 'spool_full' }),
  ];
  return made;
}

test('gaps come in an answer where they began, in either order', async () => {
  const { texts } = await withTexts();
  for (const [params, expected] of [
    [{}, '-- kernel,1,2,-- outage,3,-- sequence,4,5,-- spool_full'],
    [{ order: 'newest' }, '-- spool_full,5,4,-- sequence,3,-- outage,2,1,-- kernel'],
    [{ limit: 2 }, '-- sequence,4,5,-- spool_full'],
    [{ limit: 2, order: 'newest' }, '-- spool_full,5,4'],
    [{ limit: 2, from: 'start' }, '-- kernel,1,2'],
    [{ limit: 9 }, '-- kernel,1,2,-- outage,3,-- sequence,4,5,-- spool_full'],
    [{ since: EPOCH + 2 * MINUTE, until: EPOCH + 4 * MINUTE }, '3,-- sequence,4'],
    [{ query: 'nothing' }, '-- kernel,-- outage,-- sequence,-- spool_full'],
    [{ query: 'hostname:web2' }, '-- kernel,-- outage,-- spool_full'],
  ] as const) {
    assert.equal(await texts({ since: EPOCH - HOUR, ...params }), expected, JSON.stringify(params));
  }
});

async function withTexts() {
  const made = await world();
  return { texts: async (params: object) => (await made.texts(params)).join(',') };
}

test('every answer lists the gaps in its window, the latest if there are many', async () => {
  const made = await world();
  const params = { since: EPOCH - HOUR };
  for (const [name, more] of [
    ['search', {}],
    ['count', {}],
    ['hist', {}],
    ['top', { fields: ['hostname'] }],
    ['fields', {}],
  ] as const) {
    const { end } = await made.get(name, { ...params, ...more });
    assert.deepEqual(end.gaps, made.gaps, name);
    assert.equal(end.gapsLeftOut, undefined);
  }
  made.gaps = Array.from({ length: 30 }, (_, index) => gap(index, index + 1));
  const { end } = await made.get('count', params);
  assert.deepEqual([end.gaps?.length, end.gaps?.at(-1), end.gapsLeftOut], [20, made.gaps.at(-1), 10]);
  const { end: covered } = await made.get('count', { since: EPOCH + MINUTE });
  assert.equal(covered.gaps, undefined);
});

test('a window that begins before any receiver was running, or in the future, is not covered', async () => {
  const made = await world();
  made.gaps = [];
  made.listeningSince = EPOCH - MINUTE;
  const reasons = async (params: object) => (await made.get('count', params)).end.uncovered;
  const begun = new Date(made.listeningSince).toISOString();
  assert.deepEqual(await reasons({ since: EPOCH - HOUR }), [
    `the window begins before ${begun}: no receiver was running until then`,
  ]);
  assert.equal(await reasons({ since: EPOCH - MINUTE }), undefined);
  assert.equal(await reasons({ since: 'all' }), undefined);
  assert.equal(await reasons({}), undefined);
  const ahead = new Date(made.now + HOUR).toISOString();
  assert.deepEqual(await reasons({ since: made.now + HOUR }), [
    `the window begins at ${ahead}, which is in the future`,
  ]);
});

test('a gap of a host is relevant only to queries that may match that host', () => {
  const missing = gap(0, 1, { host: 'web1', listener: 'tcp0' });
  for (const [query, expected] of [
    ['', true],
    ['timeout', true],
    ['hostname:web1', true],
    ['hostname:WEB*', true],
    ['hostname:web2', false],
    ['hostname:web2 timeout', false],
    ['hostname:web2 OR timeout', true],
    ['NOT hostname:web1', false],
    ['NOT (hostname:web1 timeout)', true],
    ['NOT (hostname:web1 OR timeout)', false],
    ['source.listener:udp0', false],
    ['severity:<=err source.listener:tcp0', true],
  ] as const) {
    assert.equal(mayBeRelevant(parseQuery(query, { now: EPOCH }), missing), expected, query);
  }
  assert.equal(mayBeRelevant(parseQuery('hostname:web2', { now: EPOCH }), gap(0, 1)), true);
  assert.equal(mayBeRelevant(parseQuery('hostname:web2', { now: EPOCH }), gap(0, 1, { listener: 'udp0' })), true);
});

test('account --verify compares with what the store holds', async () => {
  const made = await world();
  const row = { name: 'tcp0', node: 1, kernel: 0, refused: 0, unexplained: 0, reasons: {}, dropped: 0, limited: 0 };
  const balance = { received: 6, stored: 5, dead: 0, waiting: 1, lost: 0 };
  const total = { ...balance, dropped: 0, limited: 0 };
  const listeners = [{ ...row, ...balance }];
  made.account = { since: EPOCH, until: made.now, listeners, hosts: [], stages: [], total, faults: [] };
  const verified = async () => (await made.get('account', { since: EPOCH, verify: true })).rows[0]!;
  assert.equal((await verified()).listeners[0]!.found, 5);
  assert.deepEqual((await verified()).faults, []);
  made.account = { ...made.account, listeners: [{ ...row, ...balance, stored: 8 }] };
  assert.match(
    (await verified()).faults.join(),
    /^tcp0: 8 messages of \d{4}-\d\d-\d\d were stored, but the store holds 5 of them, and retention removed none: see/,
  );
  made.account = { ...made.account, listeners: [{ ...row, ...balance, stored: 3 }] };
  assert.match(
    (await verified()).faults.join(),
    /^tcp0: the store holds 5 messages, but only 3 were counted as stored/,
  );
  const earlier = { ...row, ...balance, name: '(of an earlier run)', stored: 0, waiting: 2 };
  made.account = { ...made.account, listeners: [{ ...row, ...balance, stored: 3, waiting: 0 }, earlier] };
  const again = await verified();
  assert.deepEqual([again.listeners[0]!.found, again.listeners[0]!.readBack, again.faults], [5, 2, []]);
  made.account = { ...made.account, listeners: [{ ...row, ...balance, name: 'relp0', stored: 4 }] };
  assert.match(
    (await verified()).faults.join(),
    /^relp0: 4 messages of [-\d]+ were stored, but the store holds 0 of them/,
  );
  assert.equal((await made.get('account', { since: EPOCH })).rows[0]!.listeners[0]!.found, undefined);
  assert.throws(() => made.ask('account', { since: made.now + HOUR }), /cannot give an account from .* in the future/);
});

test('account --verify compares no day of which retention removed messages, and says so', async () => {
  const made = await world();
  const since = EPOCH - 3 * DAY;
  const row = { name: 'tcp0', node: 1, kernel: 0, refused: 0, unexplained: 0, reasons: {}, dropped: 0, limited: 0 };
  const listeners = [{ ...row, received: 9000, stored: 9000, dead: 0, waiting: 0, lost: 0 }];
  const total = { received: 9000, stored: 9000, dropped: 0, limited: 0, dead: 0, waiting: 0, lost: 0 };
  made.account = { since, until: EPOCH, listeners, hosts: [], stages: [], total, faults: [] };
  const edge = { stream: 'default', until: EPOCH - 1, why: 'keep' } as const;
  const { context } = made;
  const cut = { ...context, store: { ...context.store, retentionEdges: async () => [edge] } };
  const verified = async (from: typeof context) =>
    (await answer('account', { since, verify: true }, from, new AbortController().signal).next()).value as Account;
  const nextDay = Math.ceil(edge.until / DAY) * DAY;
  assert.partialDeepStrictEqual(await verified(cut), { faults: [], comparedSince: nextDay });
  assert.equal((await verified(context)).comparedSince, undefined);
  assert.match((await verified(context)).faults.join(), /retention removed none/);
});

test('the first messages of a follower come with their gaps', async () => {
  const made = await world();
  const stop = new AbortController();
  const shown: string[] = [];
  for await (const row of made.ask('search', { since: EPOCH, follow: true }, stop.signal)) {
    shown.push(shortly(row));
    if ('_cursor' in row) stop.abort();
  }
  assert.deepEqual(shown, ['1', '2', '-- outage', '3', '-- sequence', '4', '5', '-- spool_full', '@']);
});

test('a follower gets a gap that begins meanwhile once', async () => {
  const made = await world();
  made.gaps = [gap(0, 1)];
  const stop = new AbortController();
  const shown: string[] = [];
  const from = made.now - EPOCH + 1000;
  for await (const row of made.ask('search', { since: made.now, follow: true }, stop.signal)) {
    shown.push(shortly(row));
    if (shown.length === 1) {
      made.gaps.push(gap(from, from + 500, { reason: 'kernel', count: 1 }));
      made.now += 6000;
      await made.add([{ message: 'a', received_at: new Date(made.now) }]);
    } else if (row !== undefined && '_id' in row && row.message === 'a') {
      made.gaps[1] = gap(from, from + 900, { reason: 'kernel', count: 5 });
      made.now += 6000;
      await made.add([{ message: 'b', received_at: new Date(made.now) }]);
    } else if ('_id' in row) stop.abort();
  }
  assert.deepEqual(
    shown.filter((text) => text !== '@'),
    ['-- kernel', 'a', 'b'],
  );
});

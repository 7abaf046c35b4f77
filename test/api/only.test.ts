import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../src/model/matches.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { parseQuery } from '../../src/query/index.ts';
import fc from '../support/fc.ts';
import { EPOCH } from '../support/batches.ts';
import type { Reply } from './support.ts';
import { Served } from './support.ts';

/** What users may be limited to. */
const LIMITS = [
  'hostname:web*',
  'NOT hostname:db',
  'severity:<=3',
  'hostname:web1 OR severity:7',
  'appname:cron',
  'm1',
];
const QUERIES = ['', 'hostname:*', 'severity:>=2', 'NOT m1', 'hostname:db OR appname:cron'];

const line = fc.record({
  hostname: fc.constantFrom('web1', 'web2', 'db'),
  appname: fc.constantFrom('cron', 'sshd'),
  severity: fc.nat(7),
  message: fc.constantFrom('m1', 'm2'),
});

const idsIn = (rows: readonly object[]): string[] => rows.flatMap((row) => ('_id' in row ? [String(row._id)] : []));
const itemsOf = ({ json }: Reply): object[] => json['items'] as object[];

test('whatever a limited user asks, it sees what the limit leaves of the full answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.constantFrom(...LIMITS),
      fc.constantFrom(...QUERIES),
      async (lines, only, query) => {
        await using served = await Served.start({ tokens: { all: { role: 'read' }, some: { role: 'read', only } } });
        await served.world.add(lines);
        const matches = compile(parseQuery(only, { now: 0 }));
        const scope = `since=all&query=${encodeURIComponent(query)}`;
        const { rows } = await served.world.get('search', { since: 'all', query });
        const seen = (rows as LogMessage[]).filter(matches);
        const everything = ((await served.world.get('search', { since: 'all' })).rows as LogMessage[]).filter(matches);
        const as = (path: string) => served.as('some', `/api/v1/${path}`);

        assert.deepEqual(
          idsIn(itemsOf(await as(`messages?${scope}&order=oldest`))),
          seen.map(({ _id }) => _id),
        );
        const lineRows = (await as(`export?${scope}`)).text
          .trim()
          .split('\n')
          .map((text) => JSON.parse(text) as object);
        assert.deepEqual(
          idsIn(lineRows),
          seen.map(({ _id }) => _id),
        );
        const incremental = (await as(`incremental?${scope}`)).text
          .trim()
          .split('\n')
          .map((text) => JSON.parse(text) as object);
        assert.deepEqual(
          idsIn(incremental),
          seen.map(({ _id }) => _id),
        );
        assert.equal((await as(`count?${scope}`)).json['count'], seen.length);
        const buckets = itemsOf(await as(`histogram?${scope}`)) as { count: number }[];
        assert.equal(
          buckets.reduce((sum, { count }) => sum + count, 0),
          seen.length,
        );

        const hosts = new Set(seen.map(({ hostname }) => hostname));
        const top = itemsOf(await as(`top?${scope}&fields=hostname`)) as { values: string[] }[];
        assert.deepEqual(new Set(top.map(({ values }) => values[0])), hosts);
        const values = itemsOf(await as(`fields/hostname/values?${scope}`)) as { value: string }[];
        assert.deepEqual(new Set(values.map(({ value }) => value)), hosts);
        const fields = itemsOf(await as(`fields?${scope}`)) as { count: number }[];
        assert.ok(fields.every(({ count }) => count <= seen.length));

        const allowed = new Set(everything.map(({ _id }) => _id));
        const around = itemsOf(await as(`messages?${scope}&before=3&after=3`));
        assert.deepEqual(
          idsIn(around).filter((id) => !allowed.has(id)),
          [],
        );
        for (const { _id } of (rows as LogMessage[]).slice(0, 3)) {
          const found = await as(`messages/${_id}?context=5`);
          assert.equal(found.status, allowed.has(_id) ? 200 : 404);
          if (found.status === 200)
            assert.deepEqual(
              idsIn(itemsOf(found)).filter((id) => !allowed.has(id)),
              [],
            );
          assert.equal((await as(`messages/${_id}/raw`)).status, allowed.has(_id) ? 200 : 404);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('a limited user sees gaps of hosts that it may see, and no others', async () => {
  await using served = await Served.start({ tokens: { some: { role: 'read', only: 'hostname:web*' } } });
  await served.world.add([{ hostname: 'web1' }]);
  const gap = { from: EPOCH, to: EPOCH + 1000, reason: 'numbers', count: 3 } as const;
  served.world.gaps = [
    { ...gap, host: 'web1' },
    { ...gap, host: 'db' },
  ] as never;
  const { json } = await served.as('some', '/api/v1/count?since=all');
  assert.deepEqual(
    (json['gaps'] as { host: string }[]).map(({ host }) => host),
    ['web1'],
  );
});

test('a gap tells a limited user the name of a host only if the limit is about hosts, or matches all of it', async () => {
  const names = async (only: string) => {
    await using served = await Served.start({ tokens: { some: { role: 'read', only } } });
    await served.world.add([{ hostname: 'web1' }]);
    const gap = { from: EPOCH, to: EPOCH + 1000, reason: 'sequence', count: 3 } as const;
    served.world.gaps = [
      { ...gap, host: 'web1' },
      { ...gap, host: 'db' },
    ];
    const { json } = await served.as('some', '/api/v1/count?since=all');
    return (json['gaps'] as { host?: string }[]).map(({ host }) => host);
  };
  assert.deepEqual(await names('severity:<=3'), [undefined, undefined]);
  assert.deepEqual(await names('stream:web OR hostname:db'), [undefined, 'db']);
  assert.deepEqual(await names('hostname:web* severity:<=3'), ['web1']);
  assert.deepEqual(await names('NOT hostname:db'), ['web1']);
});

test('a limited user has saved searches of its own, and does not see what others share', async () => {
  await using served = await Served.start({
    tokens: { some: { role: 'operate', only: 'hostname:web*' }, all: { role: 'operate' } },
  });
  const put = (name: string, search: string) =>
    served.as(name, `/api/v1/searches/${search}`, { method: 'PUT', body: { query: 'x', shared: true } });
  assert.deepEqual([(await put('some', 'mine')).status, (await put('all', 'theirs')).status], [204, 204]);
  const names = async (as: string) =>
    (itemsOf(await served.as(as, '/api/v1/searches')) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual([await names('some'), await names('all')], [['mine'], ['theirs', 'mine']]);
});

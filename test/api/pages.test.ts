import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { numbered } from '../ask/world.ts';
import { type Reply, Served } from './support.ts';

const PATH = '/api/v1/messages';

function textsOf({ json }: Reply): string[] {
  return (json['items'] as { message?: string }[]).flatMap(({ message }) => message ?? []);
}

/** All pages from the first on, following `next`. */
async function allPages(served: Served, query: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let page: string | undefined = ''; page !== undefined; ) {
    const answered = await served.as('ada', `${PATH}?${query}${page && `&page=${page}`}`);
    assert.equal(answered.status, 200, answered.text);
    pages.push(textsOf(answered));
    page = answered.json['next'] as string | undefined;
  }
  return pages;
}

async function withAda(): Promise<Served> {
  return await Served.start({ tokens: { ada: { role: 'read' } } });
}

const upTo = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

test('pages of any size give each message once, in both orders', async () => {
  await using served = await withAda();
  await served.world.add(numbered(23));
  for (const limit of [1, 7, 23, 24]) {
    const oldest = (await allPages(served, `since=all&order=oldest&limit=${limit}`)).flat();
    assert.deepEqual(oldest, upTo(23), `oldest, ${limit}`);
    const newest = (await allPages(served, `since=all&limit=${limit}`)).flat();
    assert.deepEqual(newest, upTo(23).reverse(), `newest, ${limit}`);
  }
});

test('pages are of one answer: what arrives meanwhile, from any receiver, is not among them', async () => {
  await using served = await withAda();
  await served.world.add(numbered(10), 1);
  const first = await served.as('ada', `${PATH}?since=all&order=oldest&limit=4`);
  await served.world.add(numbered(5, { message: 'late' }), 1);
  await served.world.add([{ message: 'late' }], 2);
  const rest: string[] = [];
  for (let page = first.json['next']; page !== undefined; ) {
    const answered = await served.as('ada', `${PATH}?order=oldest&limit=4&page=${String(page)}`);
    rest.push(...textsOf(answered));
    page = answered.json['next'];
  }
  assert.deepEqual([...textsOf(first), ...rest], upTo(10));
});

test('a page leads back to the one before it', async () => {
  await using served = await withAda();
  await served.world.add(numbered(20));
  for (const order of ['oldest', 'newest']) {
    const ask = (page?: unknown) =>
      served.as('ada', `${PATH}?since=all&order=${order}&limit=5${page === undefined ? '' : `&page=${String(page)}`}`);
    const first = await ask();
    const second = await ask(first.json['next']);
    const third = await ask(second.json['next']);
    const back = await ask(third.json['previous']);
    assert.deepEqual(textsOf(back), textsOf(second), order);
    const begin = await ask(back.json['previous']);
    assert.deepEqual(textsOf(begin), textsOf(first), order);
    assert.deepEqual([first.json['previous'], begin.json['previous']], [undefined, undefined]);
    assert.ok(begin.json['next'] !== undefined);
  }
});

test('Link has the address of the next page', async () => {
  await using served = await withAda();
  await served.world.add(numbered(3));
  const { headers } = await served.as('ada', `${PATH}?since=all&limit=2&query=NOT+x`);
  const [, target] = /^<([^>]+)>; rel="next"$/.exec(String(headers['link']))!;
  assert.deepEqual(textsOf(await served.as('ada', target!)), ['1']);
});

test('a page stays in the window of the first one', async () => {
  await using served = await withAda();
  await served.world.add(numbered(10));
  const first = await served.as('ada', `${PATH}?since=-2h&limit=3`);
  served.world.now += 10 * 3_600_000;
  const second = await served.as('ada', `${PATH}?since=-2h&limit=3&page=${String(first.json['next'])}`);
  assert.deepEqual(textsOf(second), ['7', '6', '5']);
  assert.deepEqual(second.json['window'], first.json['window']);
});

test('JSON pages, NDJSON and CSV of the same search have the same messages', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ host: fc.constantFrom('web1', 'web2', 'db'), severity: fc.nat(7) }), { maxLength: 30 }),
      fc.constantFrom('', 'hostname:web*', 'severity:<=3', 'NOT hostname:db', 'hostname:web1 OR severity:7'),
      fc.integer({ min: 1, max: 11 }),
      async (lines, query, limit) => {
        await using own = await withAda();
        await own.world.add(
          lines.map(({ host, severity }, index) => ({ hostname: host, severity, message: `m${index}` })),
        );
        const scope = `since=all&order=oldest&query=${encodeURIComponent(query)}`;
        const { rows } = await own.world.get('search', { since: 'all', query });
        const wanted = rows.flatMap((row) => ('message' in row ? [row.message] : []));
        assert.deepEqual((await allPages(own, `${scope}&limit=${limit}`)).flat(), wanted);
        const { text } = await own.as('ada', `/api/v1/export?since=all&query=${encodeURIComponent(query)}`);
        const lineRows = text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { message?: string });
        assert.deepEqual(
          lineRows.flatMap(({ message }) => message ?? []),
          wanted,
        );
        const csv = await own.as('ada', `/api/v1/export?since=all&format=csv&query=${encodeURIComponent(query)}`);
        assert.deepEqual(
          csv.text
            .split('\r\n')
            .slice(1, -1)
            .map((line) => line.split(',').at(-1)),
          wanted,
        );
        assert.equal(csv.trailers['x-cordwood-rows'], String(wanted.length));
      },
    ),
    { numRuns: 25 },
  );
});

test('the client chooses the format by Accept', async () => {
  await using served = await withAda();
  await served.world.add([{ message: 'hello', hostname: 'web1' }]);
  const as = (accept: string) => served.as('ada', `${PATH}?since=all`, { headers: { accept } });
  const types = await Promise.all(
    ['*/*', 'text/html, */*;q=0.1', 'application/x-ndjson', 'text/csv', 'text/plain', 'text/csv;q=0.5, text/plain'].map(
      as,
    ),
  );
  assert.deepEqual(
    types.map(({ headers }) => String(headers['content-type']).split(';')[0]),
    ['application/json', 'application/json', 'application/x-ndjson', 'text/csv', 'text/plain', 'text/plain'],
  );
  assert.match(types[4]!.text, / web1 .*hello\n$/);
  assert.equal((await as('image/png')).status, 400);
});

test('an answer that is too large for one JSON text says what to ask for instead', async () => {
  await using served = await withAda();
  await served.world.add(numbered(200, {}).map((draft) => ({ ...draft, message: 'x'.repeat(60_000) })));
  const { status, json } = await served.as('ada', `${PATH}?since=all&limit=200`);
  assert.deepEqual([status, json['code']], [413, 'ERR_TOO_LARGE']);
  assert.match(String(json['detail']), /application\/x-ndjson/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { request } from 'node:http';
import { openApi } from '../../src/api/openapi.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { FORWARD } from '../../src/forward/contract.ts';
import { numbered } from '../ask/world.ts';
import { Served } from './support.ts';

const QUESTIONS: Readonly<Record<string, string>> = {
  '/api/v1/top': '?fields=hostname&since=all',
  '/api/v1/fields/{name}/values': '?since=all',
};

async function withMessages(): Promise<Served> {
  const served = await Served.start({ tokens: { ada: { role: 'admin' } } });
  await served.world.add(numbered(10, { hostname: 'web1' }));
  return served;
}

test('every answer has the shape that openapi.json says', async () => {
  await using served = await withMessages();
  const [first] = (await served.world.get('search', { since: 'all' })).rows;
  const values: Record<string, string> = {
    id: (first as { _id: string })._id,
    name: 'hostname',
    host: 'web1',
    rule: 'r',
  };
  await served.as('ada', '/api/v1/searches/hostname', {
    method: 'PUT',
    body: { query: 'x', since: '-1h', columns: ['time'] },
  });
  for (const { method, path, answer } of ROUTES) {
    if (method !== 'GET' || !answer) continue;
    const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name]!) + (QUESTIONS[path] ?? '');
    const { status, json, text } = await served.as('ada', url);
    if (path === '/api/v1/alerts/{rule}/letters') {
      assert.equal(status, 404, 'there is no rule');
      continue;
    }
    assert.equal(status, path === '/api/v1/digest' ? 400 : 200, `${path}: ${text}`);
    if (status === 200) assert.deepEqual(answer.safeParse(json).error?.issues ?? [], [], path);
  }
});

test('forwards has every destination with a cursor, and how far it is', async () => {
  await using served = await withMessages();
  const failure = { at: 1, since: 1, reason: 'connection refused' };
  const status = { kind: 'relp', to: ['siem:2514'], failure, waiting: 1200, rate: 0, at: 1, node: 1 };
  const stored = { cursor: '', sent: { 1: 5, 2: 6 }, lost: 42, cut: 0, dead: 0, status };
  await served.world.state(FORWARD).put('siem', stored, 0);
  const { json } = await served.as('ada', '/api/v1/forwards');
  assert.deepEqual(json, { items: [{ name: 'siem', sent: 11, lost: 42, cut: 0, dead: 0, status }] });
});

test('openapi.json has every route, and its ETag saves sending it again', async () => {
  await using served = await withMessages();
  const { json, headers } = await served.send('/api/v1/openapi.json');
  assert.deepEqual(json, JSON.parse(JSON.stringify(await openApi(ROUTES, '1.2.3'))));
  assert.equal(json['openapi'], '3.1.0');
  const paths = json['paths'] as Record<string, Record<string, unknown>>;
  for (const { method, path } of ROUTES) assert.ok(paths[path]?.[method.toLowerCase()], `${method} ${path}`);
  const again = await served.send('/api/v1/openapi.json', { headers: { 'if-none-match': headers.etag! } });
  assert.deepEqual([again.status, again.text], [304, '']);
});

test('openapi.json says that bodies with unknown keys are refused', async () => {
  const { paths } = (await openApi(ROUTES, '1.2.3')) as { paths: Record<string, Record<string, Operation>> };
  const bodies = Object.values(paths).flatMap((path) =>
    Object.values(path).flatMap(({ requestBody }) =>
      requestBody ? [requestBody.content['application/json'].schema] : [],
    ),
  );
  assert.ok(bodies.length > 10);
  for (const body of bodies) assert.equal(body['additionalProperties'], false, JSON.stringify(body));
  await using served = await withMessages();
  const { status } = await served.as('ada', '/api/v1/count', { method: 'POST', body: { unknown: 1 } });
  assert.equal(status, 400);
});

type Operation = { requestBody?: { content: { 'application/json': { schema: Record<string, unknown> } } } };

test('each problem leads to an explanation of its kind', async () => {
  await using served = await withMessages();
  const { json } = await served.as('ada', '/api/v1/count?query=(a');
  assert.deepEqual([json['code'], json['query'], json['column'], json['status']], ['ERR_QUERY', '(a', 0, 400]);
  assert.match((await served.send(String(json['type']))).text, /^ERR_QUERY, status 400: the query cannot be read/);
});

test('a question may be sent as JSON by POST, with times as ms', async () => {
  await using served = await withMessages();
  const body = { since: 0, until: served.world.now, query: 'hostname:web1' };
  const { json } = await served.as('ada', '/api/v1/count', { method: 'POST', body });
  assert.deepEqual([json['count'], json['window']], [10, { since: 0, until: served.world.now }]);
});

test('a check says how a query was understood, and which command asks the same', async () => {
  await using served = await withMessages();
  const body = { query: 'severity:<=4 AND host:web1', since: '-1h', zone: 'Europe/Berlin' };
  const { json } = await served.as('ada', '/api/v1/check', { method: 'POST', body });
  assert.equal(json['query'], 'severity:<=warning hostname:web1');
  assert.equal(json['command'], "cordwood search -S -1h --timezone Europe/Berlin -- 'severity:<=4 AND host:web1'");
});

test('a message that retention has removed is gone, and one that never was is not found', async () => {
  await using served = await withMessages();
  const [first] = (await served.world.get('search', { since: 'all' })).rows as { _id: string }[];
  const never = `${first!._id.slice(0, -4)}ffff`;
  assert.equal((await served.as('ada', `/api/v1/messages/${never}`)).status, 404);
  served.world.now += 40 * 86_400_000;
  const { status, json } = await served.as('ada', `/api/v1/messages/${first!._id}`);
  assert.deepEqual([status, json['code']], [410, 'ERR_GONE']);
  assert.match(String(json['detail']), /retention has removed messages of default before \d{4}-/);
});

test('before the store is open, questions are refused with the reason, and health answers', async () => {
  await using served = await withMessages();
  served.unready = ['the store does not answer'];
  served.isOpen = false;
  const { status, json, headers } = await served.as('ada', '/api/v1/count');
  assert.deepEqual([status, json['detail']], [503, 'cannot answer yet: the store does not answer']);
  assert.match(String(headers['retry-after']), /^\d+$/);
  assert.deepEqual((await served.send('/health/ready')).json, { ready: false });
  assert.equal((await served.send('/health/live')).status, 200);
});

test('large answers are compressed, and a login never is', async () => {
  await using served = await withMessages();
  await served.world.add(numbered(100, { hostname: 'web1' }));
  const asked = async (path: string, encoding: string) => await bytesOf(served, path, encoding);
  const plain = await asked('/api/v1/messages?since=all', 'identity');
  const gzip = await asked('/api/v1/messages?since=all', 'gzip');
  const zstd = await asked('/api/v1/messages?since=all', 'gzip, zstd');
  assert.deepEqual([gzip.encoding, zstd.encoding, plain.encoding], ['gzip', 'zstd', undefined]);
  assert.equal(gunzipSync(gzip.bytes).toString(), plain.bytes.toString());
  assert.equal(zstdDecompressSync(zstd.bytes).toString(), plain.bytes.toString());
  assert.equal((await asked('/api/v1/session', 'gzip')).encoding, undefined);
});

function bytesOf(
  served: Served,
  path: string,
  encoding: string,
): Promise<{ encoding: string | undefined; bytes: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ encoding: string | undefined; bytes: Buffer }>();
  const headers = { authorization: `Bearer ${served.token('ada')}`, 'accept-encoding': encoding };
  const sent = request({ port: served.port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }));
  });
  sent.on('error', reject).end();
  return promise;
}

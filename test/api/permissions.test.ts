import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Route } from '../../src/api/route.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { ROLES } from '../../src/api/settings.ts';
import { Served, type Sent } from './support.ts';

const EXPIRED = '2020-01-01';
const PROXY = { from: ['127.0.0.0/8'], roles: { '*': 'read', scrape: 'metrics', ops: 'operate', boss: 'admin' } };
const GROUPS = { metrics: 'scrape', read: 'other', operate: 'ops', admin: 'boss' } as const;

let served: Served;
let proxied: Served;
const cookies = new Map<string, string>();

before(async () => {
  const entries = Object.fromEntries(ROLES.map((role) => [role, { role }]));
  const limited = { limited: { role: 'admin', only: 'hostname:web1' } };
  served = await Served.start({
    users: { ...entries, ...limited },
    tokens: { ...named('a-', { ...entries, ...limited }), old: { role: 'admin', expires: EXPIRED } },
  });
  proxied = await Served.start({ web: { proxies: PROXY } });
  for (const name of [...ROLES, 'limited']) cookies.set(name, await served.logIn(name));
});

after(async () => {
  await served?.[Symbol.asyncDispose]();
  await proxied?.[Symbol.asyncDispose]();
});

/** The same entries by longer names: no token has the name of a user. */
function named<Entry>(prefix: string, entries: Readonly<Record<string, Entry>>): Record<string, Entry> {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [prefix + name, entry]));
}

/** All routes but those that begin and end a session: these would log out the requests beside them, and have a test of their own. */
const TABLE = ROUTES.filter(({ path, method }) => !(path === '/api/v1/session' && method !== 'GET'));
/** Values for the parameters of paths. */
const FILLED = { id: '0'.repeat(32), rule: 'none', name: 'none', host: 'none' } as Record<string, string>;

function ask({ method, path }: Route, sent: Sent = {}): Promise<{ status: number }> {
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => FILLED[name]!);
  return served.send(url, { ...sent, method, ...(method === 'GET' ? {} : { body: {} }) });
}

/** Whether the role may use the route, by the order of the roles. */
function may({ access }: Route, role: (typeof ROLES)[number]): boolean {
  return access === 'everyone' || access === 'login' || ROLES.indexOf(role) >= ROLES.indexOf(access);
}

/** Admitted requests may fail for other reasons: their parameters are made up. */
const isAdmitted = (status: number): boolean => status !== 401 && status !== 403;

for (const route of TABLE) {
  const name = `${route.method} ${route.path}`;

  test(`${name} answers only ${route.access}, by cookie, bearer, basic and proxy`, async () => {
    for (const role of ROLES) {
      const token = served.token(`a-${role}`);
      const basic = Buffer.from(`any:${token}`).toString('base64');
      const ways: readonly (readonly [string, Promise<{ status: number }>])[] = [
        ['cookie', ask(route, { cookie: cookies.get(role) })],
        ['bearer', ask(route, { headers: { authorization: `Bearer ${token}` } })],
        ['basic', ask(route, { headers: { authorization: `Basic ${basic}` } })],
        ['proxy', askProxied(route, { 'remote-user': 'ada', 'remote-groups': GROUPS[role] })],
      ];
      for (const [way, answered] of ways) {
        assert.equal(isAdmitted((await answered).status), may(route, role), `${role} by ${way}`);
      }
    }
  });

  test(`${name} answers ${route.access === 'everyone' ? '' : 'no '}requests without a login`, async () => {
    const expected = route.access === 'everyone';
    assert.equal(isAdmitted((await ask(route)).status), expected, 'none');
    assert.equal(
      isAdmitted((await ask(route, { cookie: `cordwood-${served.port}=forged.abc` })).status),
      expected,
      'forged',
    );
    assert.equal(isAdmitted((await askProxied(route, {})).status), expected, 'proxy without a user');
    if (expected) return;
    // After five of them, an address waits.
    const from = `127.0.9.${1 + TABLE.indexOf(route)}`;
    const old = await ask(route, { headers: { authorization: `Bearer ${served.token('old')}` }, from });
    assert.equal(old.status, 401, 'expired');
  });

  test(`${name} ${route.limited === 'refused' ? 'refuses' : 'answers'} users who see only some messages`, async () => {
    const { status } = await ask(route, { cookie: cookies.get('limited') });
    assert.equal(status === 403, route.limited === 'refused' && route.access !== 'everyone');
  });
}

function askProxied({ method, path }: Route, headers: Record<string, string>): Promise<{ status: number }> {
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => FILLED[name]!);
  return proxied.send(url, { method, headers, ...(method === 'GET' ? {} : { body: {} }) });
}

test('a request that changes something needs the role operate, except saved searches and the session', () => {
  const open = ROUTES.filter(({ method, access }) => method !== 'GET' && !['operate', 'admin'].includes(access));
  const names = open.map(({ method, path }) => `${method} ${path}`).sort();
  assert.deepEqual(names, [
    'DELETE /api/v1/searches/{name}',
    'DELETE /api/v1/session',
    'POST /api/v1/check',
    'POST /api/v1/questions/{name}',
    'POST /api/v1/session',
    'PUT /api/v1/searches/{name}',
  ]);
});

test('logging out ends the session of the browser', async () => {
  const cookie = await served.logIn('read');
  const answered = await served.send('/api/v1/session', { method: 'DELETE', cookie, body: {} });
  assert.equal(answered.status, 204);
  assert.match(String(answered.headers['set-cookie']), /Max-Age=0|Expires=Thu, 01 Jan 1970/);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { type Sent, Served } from './support.ts';

let served: Served;
let proxied: Served;

before(async () => {
  served = await Served.start({
    users: { ada: { role: 'admin' } },
    tokens: { far: { role: 'admin', from: ['10.0.0.7'] } },
  });
  proxied = await Served.start({ web: { proxies: { from: ['10.0.0.5'], roles: { '*': 'admin' } } } });
});
after(async () => {
  await served?.[Symbol.asyncDispose]();
  await proxied?.[Symbol.asyncDispose]();
});

const COUNT = '/api/v1/count';
const SESSION = '/api/v1/session';

/** What is asked, and with which status and code it is refused. The cookie is that of an admin. */
const REFUSED: readonly (readonly [what: string, path: string, sent: Sent, status: number, code: string])[] = [
  ['the name of another site (DNS rebinding)', COUNT, { headers: { host: 'evil.example' } }, 421, 'ERR_HOST'],
  ['no valid name', COUNT, { headers: { host: 'a b' } }, 421, 'ERR_HOST'],
  ['a foreign address', COUNT, { headers: { host: '10.9.9.9' } }, 421, 'ERR_HOST'],
  ['a page of another site', COUNT, { headers: { 'sec-fetch-site': 'cross-site' } }, 403, 'ERR_ORIGIN'],
  ['a page of a neighbour site', COUNT, { headers: { 'sec-fetch-site': 'same-site' } }, 403, 'ERR_ORIGIN'],
  ['another origin', COUNT, { headers: { origin: 'https://evil.example' } }, 403, 'ERR_ORIGIN'],
  [
    'an origin that hides itself',
    '/api/v1/digest',
    { method: 'POST', body: {}, headers: { origin: 'null' } },
    403,
    'ERR_ORIGIN',
  ],
  [
    'a change from elsewhere',
    '/api/v1/digest',
    { method: 'POST', body: {}, headers: { 'sec-fetch-site': 'none' } },
    403,
    'ERR_ORIGIN',
  ],
  [
    'a form',
    '/api/v1/digest',
    { method: 'POST', body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'ERR_TYPE',
  ],
  [
    'JSON that calls itself text',
    '/api/v1/digest',
    { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
    415,
    'ERR_TYPE',
  ],
  [
    'JSON with __proto__',
    COUNT,
    { method: 'POST', body: '{"__proto__": {"query": "x"}}', headers: { 'content-type': 'application/json' } },
    400,
    'ERR_USAGE',
  ],
  ['JSON that is a list', COUNT, { method: 'POST', body: [] }, 400, 'ERR_USAGE'],
  [
    'damaged JSON',
    COUNT,
    { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
    400,
    'ERR_USAGE',
  ],
  ['a large body', COUNT, { method: 'POST', body: { query: 'x'.repeat(300_000) } }, 413, 'ERR_TOO_LARGE'],
  ['an unknown parameter', `${COUNT}?sinze=-1h`, {}, 400, 'ERR_USAGE'],
  ['an unknown address', '/api/v1/nothing', {}, 404, 'ERR_NOT_FOUND'],
  ['another method', COUNT, { method: 'DELETE' }, 405, 'ERR_METHOD'],
  ['another method of a named thing', '/api/v1/hosts/web1?x=1', { method: 'PUT' }, 405, 'ERR_METHOD'],
  ['a path out of the page', '/page/..%2f..%2fpackage.json', {}, 404, 'ERR_NOT_FOUND'],
  ['a page token of its own making', '/api/v1/messages?page=e30', {}, 400, 'ERR_USAGE'],
  ['a token from another address', COUNT, { headers: { authorization: 'far' } }, 403, 'ERR_ROLE'],
  ['a token that is none', COUNT, { headers: { authorization: 'Bearer letmein' } }, 401, 'ERR_LOGIN'],
  ['Basic without a token', COUNT, { headers: { authorization: 'Basic YTpi' } }, 401, 'ERR_LOGIN'],
  ['another kind of login', COUNT, { headers: { authorization: 'Digest username="a"' } }, 401, 'ERR_LOGIN'],
];

for (const [what, path, sent, status, code] of REFUSED) {
  test(`refused with ${status}: ${what}`, async () => {
    const headers = { ...sent.headers };
    if (headers['authorization'] === 'far') headers['authorization'] = `Bearer ${served.token('far')}`;
    const cookie = headers['authorization'] === undefined ? await cookieOfAda() : undefined;
    const answered = await served.send(path, { ...sent, headers, cookie });
    assert.deepEqual([answered.status, answered.json['code']], [status, code], answered.text);
    assert.equal(answered.headers['content-type'], 'application/problem+json');
    assert.match(String(answered.headers['content-security-policy']), /default-src 'none'/);
  });
}

test('what an address takes is said if a request has another method', async () => {
  const methods = async (path: string, method: string) =>
    (await served.send(path, { method, cookie: await cookieOfAda() })).headers['allow'];
  assert.equal(await methods(COUNT, 'DELETE'), 'GET, POST');
  assert.equal(await methods(SESSION, 'PUT'), 'GET, POST, DELETE');
});

let cookie: string | undefined;
async function cookieOfAda(): Promise<string> {
  cookie ??= await served.logIn('ada');
  return cookie;
}

test('a header of a proxy from a stranger is refused, not ignored', async () => {
  const answered = await proxied.send(COUNT, { headers: { 'remote-user': 'ada' } });
  assert.deepEqual([answered.status, answered.json['code']], [403, 'ERR_ORIGIN']);
  const groups = await proxied.send('/api/v1/openapi.json', { headers: { 'remote-groups': 'ops' } });
  assert.equal(groups.status, 403);
});

test('a cookie is worth nothing if it was changed, or is of another server', async () => {
  const good = await cookieOfAda();
  const [name, value] = good.split('=') as [string, string];
  const changed = [
    `${name}=${value.slice(0, -3)}AAA`,
    `${name}=${value.replace('e', 'f')}`,
    `${name}=x`,
    `cordwood-1=${value}`,
  ];
  for (const one of changed) assert.equal((await served.send(SESSION, { cookie: one })).status, 401, one);
  assert.equal((await served.send(SESSION, { cookie: good })).status, 200);
});

test('the cookie is out of reach of scripts and of other sites', async () => {
  const answered = await served.send(SESSION, { method: 'POST', body: { link: served.api.link().split('#')[1]! } });
  const [set] = answered.headers['set-cookie']!;
  for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(set!.includes(part), set);
});

test('no answer lets a page of another site read it', async () => {
  const { headers } = await served.send('/health/live', { headers: { 'sec-fetch-site': 'same-origin' } });
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('access-control')),
    [],
  );
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  assert.equal(headers['x-content-type-options'], 'nosniff');
});

test('after five wrong passwords an address waits; its sessions and tokens do not', async () => {
  await using own = await Served.start({ users: { ada: { role: 'admin' } }, tokens: { job: { role: 'read' } } });
  const session = await own.logIn('ada');
  const guess = (user: string) => own.send(SESSION, { method: 'POST', body: { user, password: 'wrong' } });
  const statuses: number[] = [];
  for (const user of ['ada', 'bob', 'ada', 'ada', 'eve']) statuses.push((await guess(user)).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401]);
  const limited = await guess('ada');
  assert.equal(limited.status, 429);
  assert.match(String(limited.headers['retry-after']), /^\d+$/);
  assert.equal((await own.send(SESSION, { cookie: session })).status, 200);
  assert.equal((await own.as('job', SESSION)).status, 200);
  assert.deepEqual(
    ['failed', 'limited'].map((what) => own.counters.get(`web.logins.${what}`)),
    [5, 1],
  );
});

test('stale tokens keep no user from logging in', async () => {
  await using own = await Served.start({ users: { ada: { role: 'admin' } } });
  for (let time = 0; time < 8; time++) await own.as('removed', SESSION);
  assert.equal((await own.as('removed', SESSION)).status, 429);
  assert.ok(await own.logIn('ada'));
});

test('an unknown user takes as long as a known one with a wrong password', async () => {
  await using own = await Served.start({ users: { ada: { role: 'admin' } } });
  const answers = await Promise.all(
    ['ada', 'eve'].map((user) => own.send(SESSION, { method: 'POST', body: { user, password: 'x' } })),
  );
  assert.deepEqual(
    answers.map(({ status, json }) => [status, json['detail']]),
    [
      [401, 'cannot log in: the name or the password is wrong'],
      [401, 'cannot log in: the name or the password is wrong'],
    ],
  );
});

/** What comes back on a raw connection. */
async function raw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

test('headers of more than 16 KiB are refused', async () => {
  const text = await raw(served.port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 431 /);
});

test('TLS on a plain port is answered with a sentence', async () => {
  const text = await raw(served.port, Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5]));
  assert.match(text, /^HTTP\/1\.1 400 [\s\S]*this port speaks HTTP, not HTTPS/);
});

test('what is not HTTP is refused', async () => {
  assert.match(await raw(served.port, '<13>hello\n'), /^HTTP\/1\.1 400 /);
});

test('connections that say nothing make room for those that ask', async () => {
  await using own = await Served.start();
  const idle: Socket[] = [];
  for (let number = 0; number < 300; number++) {
    // Two addresses of this machine: one alone may not have so many.
    const socket = connect({ port: own.port, host: '127.0.0.1', localAddress: `127.0.0.${1 + (number % 3)}` });
    socket.on('error', () => {});
    idle.push(socket);
  }
  await until(
    'the connections to be accepted or refused',
    () => own.counters.get('web.connections.closed.never_sent') > 0,
  );
  assert.equal((await own.send('/health/live')).status, 200);
  assert.ok(own.counters.get('web.connections.open') <= 256);
  for (const socket of idle) socket.destroy();
});

test('a request that never ends is ended after its time, and a silent connection as well', async () => {
  const began = performance.now();
  const texts = await Promise.all([raw(served.port, 'GET / HTTP/1.1\r\nHost: loc'), raw(served.port, '')]);
  for (const text of texts) assert.match(text, /^HTTP\/1\.1 408 /);
  assert.ok(performance.now() - began >= 9000);
});

/** What comes back for a request of these lines, as an admin. */
async function asAda(target: string, ...lines: string[]): Promise<string> {
  const head = [`GET ${target} HTTP/1.1`, ...lines, `Cookie: ${await cookieOfAda()}`, 'Connection: close'];
  return await raw(served.port, `${head.join('\r\n')}\r\n\r\n`);
}

const CROSS = 'Sec-Fetch-Site: cross-site';
const LOCAL = 'Host: localhost';

test('an address is checked however it is written', async () => {
  assert.match(await asAda('/%61pi/v1/count', LOCAL, CROSS), /^HTTP\/1\.1 403 /);
  assert.match(await asAda('http://localhost/api/v1/count', LOCAL, CROSS), /^HTTP\/1\.1 403 /);
  assert.match(await asAda('http://evil.example/api/v1/count', LOCAL), /^HTTP\/1\.1 421 /);
  assert.match(await asAda('http://localhost/api/v1/count', 'Host: evil.example'), /^HTTP\/1\.1 200 /);
});

test('an address that cannot be decoded passes the guard, too', async () => {
  for (const path of ['/api/v1/%', '/api/v1/messages/%ff', `/api/v1/searches/${'a'.repeat(2000)}`]) {
    const text = await asAda(path, 'Host: evil.example');
    assert.match(text, /^HTTP\/1\.1 421 [\s\S]*Content-Security-Policy: default-src 'none'/i, path);
    assert.match(await asAda(path, LOCAL), /^HTTP\/1\.1 40[04] [\s\S]*application\/problem\+json/, path);
  }
});

test('a request with two hosts is refused, and one without', async () => {
  assert.match(await asAda('/api/v1/count', LOCAL, LOCAL), /^HTTP\/1\.1 400 [\s\S]*more than one Host/);
  assert.match(await asAda('/api/v1/count'), /^HTTP\/1\.1 421 [\s\S]*Content-Security-Policy/i);
});

test('an expectation that the server does not know changes nothing', async () => {
  assert.match(await asAda('/api/v1/count', LOCAL, 'Expect: more'), /^HTTP\/1\.1 200 /);
});

test('a header of a proxy that was sent twice is refused: one of them is from the client', async () => {
  await using own = await Served.start({
    web: { proxies: { from: ['127.0.0.1'], roles: { ops: 'admin', '*': 'read' } } },
  });
  const ask = (...lines: string[]) =>
    raw(own.port, `GET ${SESSION} HTTP/1.1\r\n${[LOCAL, ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  assert.match(await ask('Remote-User: ada', 'Remote-Groups: x'), /^HTTP\/1\.1 200 [\s\S]*"role":"read"/);
  assert.match(await ask('Remote-User: ada', 'Remote-Groups: ops', 'Remote-Groups: x'), /^HTTP\/1\.1 403 /);
  assert.match(await ask('Remote-User: eve', 'Remote-User: ada'), /^HTTP\/1\.1 403 /);
});

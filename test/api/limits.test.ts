import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { networksOf } from '../../src/api/access/proxies.ts';
import { takeOver } from '../../src/api/answer/stream.ts';
import { webCountersOf } from '../../src/api/counters.ts';
import { Connections } from '../../src/api/listen/connections.ts';
import { paced } from '../../src/api/listen/pacing.ts';
import { createHttpServer } from '../../src/api/listen/http-server.ts';
import { ALL_COUNTERS } from '../../src/assembly/counters.ts';
import { Counters } from '../../src/base/counters.ts';
import { until } from '../support/until.ts';
import { Served } from './support.ts';

const SESSION = '/api/v1/session';

test('passwords that are guessed at once are counted before they are checked', async () => {
  await using served = await Served.start({ users: { ada: { role: 'admin' } } });
  const guess = () => served.send(SESSION, { method: 'POST', body: { user: 'ada', password: 'wrong' } });
  const statuses = (await Promise.all(Array.from({ length: 12 }, guess))).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [...Array(5).fill(401), ...Array(7).fill(429)]);
  assert.equal(served.counters.get('web.logins.failed'), 5);
});

test('after ten failures a user waits from every address, whether it exists or not; a right password counts for none', async () => {
  await using served = await Served.start({ users: { ada: { role: 'admin' }, bob: { role: 'read' } } });
  for (let time = 0; time < 12; time++) assert.ok(await served.logIn('bob'));
  for (const [number, user] of ['ada', 'eve'].entries()) {
    const statuses: number[] = [];
    for (let time = 0; time < 12; time++) {
      const from = `127.0.${1 + number}.${1 + Math.floor(time / 4)}`;
      statuses.push((await served.send(SESSION, { method: 'POST', body: { user, password: 'x' }, from })).status);
    }
    assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429], user);
  }
});

test('a token that has expired is refused without a word after some times, as unknown ones are', async () => {
  await using served = await Served.start({ tokens: { old: { role: 'read', expires: '2020-01-01' } } });
  const statuses: number[] = [];
  for (let time = 0; time < 7; time++) statuses.push((await served.as('old', SESSION)).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
});

test('a body that is nested too deeply is refused', async () => {
  await using served = await Served.start();
  const body = `{"user": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const answered = await served.send(SESSION, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  assert.deepEqual([answered.status, answered.json['code']], [400, 'ERR_USAGE']);
});

test('check refuses what a search would refuse', async () => {
  await using served = await Served.start({ tokens: { ada: { role: 'read' } } });
  const check = (body: object) => served.as('ada', '/api/v1/check', { method: 'POST', body });
  for (const body of [
    { since: 9e15 },
    { until: '9999999999999999' },
    { zone: 'Mars/Base' },
    { since: 2000, until: 1000 },
  ]) {
    const answered = await check(body);
    assert.deepEqual([answered.status, answered.json['code']], [400, 'ERR_USAGE'], answered.text);
  }
  assert.equal((await check({ since: '-1h', zone: 'Europe/Berlin' })).status, 200);
});

test('the saved searches of a user have a limit in all', async () => {
  await using served = await Served.start({ tokens: { ada: { role: 'read' } } });
  const put = (name: string, length: number) =>
    served.as('ada', `/api/v1/searches/${name}`, { method: 'PUT', body: { query: 'x'.repeat(length) } });
  const statuses: number[] = [];
  for (let number = 0; number < 12; number++) statuses.push((await put(`s${number}`, 100_000)).status);
  assert.deepEqual(statuses, [...Array(10).fill(204), 413, 413]);
  assert.equal((await put('s1', 5)).status, 204);
  assert.equal((await put('s11', 50_000)).status, 204);
});

/** A web server on a port of its own that closes connections that stall for so long, ms. */
async function open(handle: Parameters<typeof createHttpServer>[0], stalledMs = 200) {
  const counters = new Counters(ALL_COUNTERS);
  const http = createHttpServer(handle, webCountersOf(counters), stalledMs);
  const listener = createServer((socket) => http.emit('connection', socket)).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const stop = () => {
    http.closeAllConnections();
    http.close(() => {});
    listener.close();
  };
  return { port: (listener.address() as AddressInfo).port, counters, [Symbol.dispose]: stop };
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

test('a client that takes nothing of its answer is cut off', async () => {
  using server = await open((_, response) => response.end(Buffer.alloc(64 << 20)));
  const socket = connect(server.port, '127.0.0.1').on('error', () => {});
  socket.pause().write(GET);
  await until('the connection to be closed', () => server.counters.get('web.connections.closed.malformed') === 1);
  socket.destroy();
});

test('a client that reads an answer piece by piece may pause', async () => {
  const size = 16 << 20;
  using server = await open((_, response) => {
    const reply = { hijack: () => {}, getHeaders: () => ({}), raw: response };
    takeOver({ reply, world: {} } as never, 'text/plain');
    response.end(Buffer.alloc(size));
  });
  const socket = connect(server.port, '127.0.0.1').pause();
  socket.write(GET);
  await sleep(1000);
  assert.ok(Buffer.concat(await socket.toArray()).length > size);
});

test('a client that waits for the server is not', async () => {
  using server = await open(async (_, response) => {
    await sleep(1000);
    response.end('found');
  });
  const socket = connect(server.port, '127.0.0.1');
  socket.write(GET);
  assert.match(Buffer.concat(await socket.toArray()).toString(), /found/);
});

test('a client that sends requests without waiting is cut off at the fifth, and others are answered meanwhile', async () => {
  let handled = 0;
  using server = await open(async (_, response) => {
    handled++;
    await sleep(100);
    response.end('found');
  }, 60_000);
  const many = GET.replace('Connection: close\r\n', '').repeat(60);
  const crowd = Array.from({ length: 20 }, () =>
    connect(server.port, '127.0.0.1', function (this: Socket) {
      this.write(many);
    }).on('error', () => {}),
  );
  await until('all to be cut off', () => server.counters.get('web.connections.closed.pipelined') === 20);
  assert.equal(handled, 20 * 4);
  const polite = connect(server.port, '127.0.0.1');
  polite.write(GET.replace('Connection: close\r\n', '').repeat(3) + GET);
  assert.equal(
    Buffer.concat(await polite.toArray())
      .toString()
      .match(/found/g)?.length,
    4,
    'four may wait in line',
  );
  for (const socket of crowd) socket.destroy();
});

test('a crowd of requests begins a few at a time, a health check at once, and none of a client that is gone', async () => {
  const begun: string[] = [];
  const handle = paced(({ url }) => void begun.push(url!));
  const ask = (url: string, destroyed = false) => handle({ url, socket: { destroyed } } as never, {} as never);
  for (let number = 0; number < 20; number++) ask(`/${number}`, number >= 4 && number < 8);
  ask('/health/live');
  assert.deepEqual(begun, ['/0', '/1', '/2', '/3', '/health/live']);
  await nextTurn();
  assert.deepEqual(begun.slice(5), ['/8', '/9', '/10', '/11']);
  ask('/late');
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  assert.deepEqual(begun.slice(9), ['/12', '/13', '/14', '/15', '/16', '/17', '/18', '/19', '/late']);
  ask('/alone');
  assert.equal(begun.at(-1), '/alone', 'nothing waits without a crowd');
});

test('a trusted proxy may have more connections than one address, but not more than there can be', () => {
  const counters = webCountersOf(new Counters(ALL_COUNTERS));
  const connections = new Connections(counters, () => {}, networksOf(['10.0.0.1/32']));
  const open = (address: string, count: number) => {
    for (let number = 0; number < count; number++) {
      // One that sent something is not closed to make room.
      connections.add(Object.defineProperty(new Socket(), 'bytesRead', { value: 1 }), address);
    }
  };
  open('10.0.0.1', 128);
  assert.equal(connections.refusal('10.0.0.1'), undefined);
  open('10.0.0.1', 128);
  assert.equal(connections.refusal('10.0.0.1'), 'max_connections');
  assert.equal(connections.refusal('10.0.0.2'), 'max_connections');
});

test('a network of IPv6 has as many connections as one address of IPv4', async () => {
  const counters = webCountersOf(new Counters(ALL_COUNTERS));
  const connections = new Connections(counters, () => {});
  for (let number = 0; number < 128; number++) connections.add(new Socket(), `2001:db8::${number}`);
  assert.equal(connections.refusal('2001:db8::ffff'), 'per_address');
  assert.equal(connections.refusal('2001:db8:0:1::1'), undefined);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { SILENT } from '../../src/base/log.ts';
import type { AnswerContext } from '../../src/ask/context.ts';
import { serveHttp } from '../../src/http/server.ts';
import { fromJson, type JsonMessage } from '../../src/model/json.ts';
import { message } from '../cli/fake.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { ask, post, rowsOf } from './client.ts';
import { numbered, World } from '../ask/world.ts';

class Served implements AsyncDisposable {
  readonly world = new World();
  readonly unready: string[] = [];
  readonly degraded: string[] = [];
  readonly path: string;
  readonly #folder = temporaryFolder();
  #server: AsyncDisposable | undefined;

  constructor() {
    this.path = join(this.#folder.path, 'control.sock');
  }

  async start(context: AnswerContext = this.world.context): Promise<this> {
    this.#server = await serveHttp({
      path: this.path,
      context: () => context,
      unready: () => this.unready,
      degraded: () => this.degraded,
      log: SILENT,
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }
}

test('a question is answered as NDJSON, rows first, the end last', async () => {
  await using served = await new Served().start();
  const raw = new Uint8Array([0xff, 0x00]);
  await served.world.add([{ message: 'one', raw }, { message: 'two' }]);
  const { status, rows } = await ask(served.path, '/search');
  assert.equal(status, 200);
  assert.equal(rows.length, 3);
  const message = fromJson(rows[0] as unknown as JsonMessage);
  const [direct] = (await served.world.get('search', {})).rows;
  assert.deepEqual(message, direct);
  assert.equal((rows[2]!['_end'] as { sinceDefault: boolean }).sinceDefault, true);
});

test('every question is answered', async () => {
  await using served = await new Served().start();
  await served.world.add(numbered(3));
  const ok = async (url: string, body: object, want: object) =>
    assert.deepEqual((await ask(served.path, url, body)).rows[0], want);
  await ok('/count', {}, { count: 3 });
  await ok('/top', { fields: ['severity'] }, { values: [5], count: 3 });
  await ok('/hist', { every: 86_400_000 }, { values: [], at: Date.UTC(2026, 10, 22), count: 3 });
  await ok('/fields', {}, { name: '_id', count: 3 });
  assert.equal((await ask(served.path, '/stats')).rows[0]!['data'], '/data');
});

const refused = (name: string, url: string, body: unknown, status: number, want: object) =>
  test(name, async () => {
    await using served = await new Served().start();
    const answered = await ask(served.path, url, body);
    assert.equal(answered.status, status);
    assert.partialDeepStrictEqual(answered.rows[0], want);
  });
refused('a query that cannot be read is refused with its column', '/search', { query: '(a' }, 400, {
  code: 'ERR_QUERY',
  query: '(a',
  column: 0,
});
refused('a parameter of the wrong type is refused', '/search', { limit: 'x' }, 400, { code: 'ERR_USAGE' });
refused('a body that is not JSON is refused', '/search', '{', 400, { code: 'ERR_USAGE' });
refused('an unknown question is refused', '/serach', {}, 404, { code: 'ERR_USAGE' });

test('a failure before or after the first row is reported as an error row', async () => {
  await using served = new Served();
  await served.world.add(numbered(600));
  const { store } = served.world.context;
  const failing = async function* (...[query, signal]: Parameters<typeof store.find>) {
    for await (const chunk of store.find(query, signal)) {
      if (query.order === 'newest') throw new Error('disk on fire');
      yield chunk;
      throw new Error('disk on fire');
    }
  };
  await served.start({ ...served.world.context, store: { ...store, find: failing } });
  const later = await ask(served.path, '/search');
  assert.deepEqual(later.rows.at(-1), { _error: { code: 'ERR_STORE', message: 'disk on fire' } });
  assert.ok(later.rows.length > 1);
  const first = await ask(served.path, '/search', { order: 'newest' });
  assert.deepEqual(first.rows, [{ _error: { code: 'ERR_STORE', message: 'disk on fire' } }]);
});

test('health shows whether the server is ready, and why not', async () => {
  await using served = await new Served().start();
  const get = (url: string) => ask(served.path, url, undefined, 'GET');
  assert.deepEqual(await get('/health/live'), { status: 200, rows: [{ live: true }] });
  assert.deepEqual(await get('/health/ready'), { status: 200, rows: [{ ready: true, reasons: [] }] });
  served.degraded.push('a notice waits');
  const degraded = { ready: true, reasons: [], degraded: ['a notice waits'] };
  assert.deepEqual(await get('/health/ready'), { status: 200, rows: [degraded] });
  served.degraded.pop();
  served.unready.push('the spool is full');
  const unready = { ready: false, reasons: ['the spool is full'] };
  assert.deepEqual(await get('/health/ready'), { status: 503, rows: [unready] });
});

test('before the store is open, health answers and questions are refused with the reason', async () => {
  await using folder = new Served();
  const options = { path: folder.path, context: () => undefined, unready: () => ['MongoDB is away'], log: SILENT };
  await using _server = await serveHttp(options);
  assert.equal((await ask(folder.path, '/health/ready', undefined, 'GET')).status, 503);
  const { status, rows } = await ask(folder.path, '/count');
  assert.deepEqual([status, rows], [503, [{ code: 'ERR_STORE', message: 'cannot answer yet: MongoDB is away' }]]);
});

test('only the owner and the group can use the socket', async () => {
  await using served = await new Served().start();
  assert.equal(statSync(served.path).mode & 0o777, 0o660);
});

test('the socket is removed when the server stops', async () => {
  await using served = await new Served().start();
  await served.stop();
  assert.equal(existsSync(served.path), false);
});

test('the socket that a killed server left is replaced', async () => {
  await using served = new Served();
  const program = `require('node:net').createServer().listen(${JSON.stringify(served.path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await assert.rejects(served.start(), { code: 'ERR_LISTEN', message: /another server answers on it/ });
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(existsSync(served.path));
  await served.start();
  assert.equal((await ask(served.path, '/count')).status, 200);
});

test('a file that is not a socket is left alone', async () => {
  await using served = new Served();
  writeFileSync(served.path, 'precious');
  await assert.rejects(served.start(), { code: 'ERR_LISTEN', message: /the path is not a socket; remove it/ });
  assert.equal(statSync(served.path).size, 8);
});

test('a path that is too long is refused', async () => {
  const path = `/tmp/${'x'.repeat(103)}`;
  const options = { path, context: () => undefined, unready: () => [], log: SILENT };
  await assert.rejects(serveHttp(options), { code: 'ERR_LISTEN', message: /longer than 107 bytes/ });
});

test('a follower receives messages as they become visible, and an error when the server stops', async () => {
  await using served = await new Served().start();
  const { answered } = await post(served.path, '/search', { follow: true });
  const rows = rowsOf(answered);
  assert.ok('_cursor' in (await rows.next()).value!);
  await served.world.add([{ message: 'news' }]);
  assert.equal((await rows.next()).value!['message'], 'news');
  assert.ok('_cursor' in (await rows.next()).value!);
  const [last] = await Promise.all([rows.next(), served.stop()]);
  assert.deepEqual(last.value!['_error'], {
    code: 'ERR_UNREACHABLE',
    message: 'cannot finish the answer: the server is stopping',
  });
});

/** A store with an endless search that counts its chunks and records whether it was ended. */
function endless(world: World) {
  const seen = { chunks: 0, ended: false, aborted: false };
  const find = async function* (_: unknown, signal: AbortSignal) {
    const chunk = Array.from({ length: 100 }, () => message({ message: 'x'.repeat(1000) }));
    try {
      while (!signal.aborted) {
        seen.chunks++;
        yield chunk;
        await new Promise(setImmediate);
      }
    } finally {
      seen.ended = true;
      seen.aborted = signal.aborted;
    }
  };
  return { seen, context: { ...world.context, store: { ...world.context.store, find } } };
}

test('a search ends when its client hangs up', async () => {
  await using served = new Served();
  const { seen, context } = endless(served.world);
  await served.start(context);
  const { answered, sent } = await post(served.path, '/search', { since: 'all' });
  await rowsOf(answered).next();
  sent.destroy();
  await until('the search to end', () => seen.ended);
  assert.ok(seen.aborted);
});

test('a follower that hangs up leaves no waiter behind', async () => {
  await using served = new Served();
  const { context } = served.world;
  let waiting = 0;
  const changed: AnswerContext['changed'] = async (...args) => {
    waiting++;
    await context.changed(...args);
    waiting--;
  };
  await served.start({ ...context, changed });
  const { sent } = await post(served.path, '/search', { follow: true });
  await until('the follower to wait', () => waiting === 1);
  sent.destroy();
  await until('the follower to go', () => waiting === 0);
  assert.equal(waiting, 0);
});

test('a search pauses while its client does not read', async () => {
  await using served = new Served();
  const { seen, context } = endless(served.world);
  await served.start(context);
  const { answered } = await post(served.path, '/search', { since: 'all' });
  let before = -1;
  await until('the search to pause', async () => {
    const still = before === seen.chunks && seen.chunks > 0;
    before = seen.chunks;
    await new Promise(setImmediate);
    return still;
  });
  assert.ok(seen.chunks < 200, `${seen.chunks} chunks of 100 kB were buffered`);
  const paused = seen.chunks;
  const rows = rowsOf(answered);
  for (let count = 0; count < 20_000; count++) await rows.next();
  assert.ok(seen.chunks > paused);
});

test('a follower that does not read is waited for, and later gets every message', async () => {
  const [rounds, each] = [200, 20];
  await using served = new Served();
  const { world } = served;
  let taken = 0;
  const find: AnswerContext['store']['find'] = async function* (query, signal) {
    for await (const chunk of world.context.store.find(query, signal)) {
      for (const message of chunk) {
        taken++;
        yield [message];
      }
    }
  };
  await served.start({ ...world.context, store: { ...world.context.store, find } });
  const { answered } = await post(served.path, '/search', { follow: true });
  for (let round = 0; round < rounds; round++) {
    await world.add(Array.from({ length: each }, () => ({ msgid: String(round), message: 'x'.repeat(1000) })));
    await new Promise(setImmediate);
  }
  // The buffers of both sockets hold some hundred kilobytes.
  assert.ok(taken < 1000, `${taken} messages of 1 kB were taken for it`);
  let received = 0;
  for await (const row of rowsOf(answered)) {
    if (!('message' in row)) continue;
    assert.equal(row['msgid'], String(Math.floor(received++ / each)));
    if (received === rounds * each) break;
  }
  assert.equal(received, rounds * each);
});

test('clients that read slowly do not block other questions', async () => {
  await using served = new Served();
  const { context } = endless(served.world);
  await served.start(context);
  for (let count = 0; count < 20; count++) await post(served.path, '/search', { since: 'all' });
  assert.equal((await ask(served.path, '/count')).status, 200);
});

test('a client that does not send HTTP does no harm', async () => {
  await using served = await new Served().start();
  const socket = connect(served.path);
  socket.end('<14>hello\n');
  socket.resume();
  await once(socket, 'close');
  assert.equal((await ask(served.path, '/count')).status, 200);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectServer } from '../../src/cli/io/client.ts';
import type { QuestionName } from '../../src/ask/contract.ts';
import { toJson } from '../../src/model/json.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { message } from './fake.ts';
import { broken, lines, open, SocketServer } from './socket-server.ts';

const { signal } = new AbortController();

async function all(folder: string, name: QuestionName = 'search', params = {}): Promise<unknown[]> {
  await using client = await connectServer(folder);
  assert.equal(client?.via, 'server');
  const answer = client.ask(name, params as never, signal);
  const rows: unknown[] = [];
  for (;;) {
    const { value, done } = await answer.next();
    rows.push(value);
    if (done) return rows;
  }
}

test('a client gets rows as messages, then the end', async () => {
  using folder = temporaryFolder();
  const found = message({ message: 'é\n'.repeat(100_000), raw: Uint8Array.of(255) });
  await using server = await SocketServer.start(folder.path, [
    lines({ ...toJson(found), _context: true }, { _gap: true }, { _cursor: 'c' }, { _end: { limited: true } }),
  ]);
  const rows = await all(folder.path, 'search', { limit: 3 });
  assert.deepEqual(rows, [{ ...found, _context: true }, { _gap: true }, { _cursor: 'c' }, { limited: true }]);
  assert.deepEqual(server.asked, [{ name: 'search', params: { limit: 3 } }]);
});

test('a row may arrive in pieces', async () => {
  using folder = temporaryFolder();
  const text = Buffer.from(`${JSON.stringify({ count: 1, x: 'é😀' })}\n{"_end":{}}`);
  await using _server = await SocketServer.start(folder.path, [
    async (_params, response) => {
      for (const byte of text) await new Promise((done) => response.write(Buffer.of(byte), done));
      response.end();
    },
  ]);
  assert.deepEqual(await all(folder.path, 'count'), [{ count: 1, x: 'é😀' }, {}]);
});

test('a client can ask more than once', async () => {
  using folder = temporaryFolder();
  await using _server = await SocketServer.start(folder.path, [lines({ count: 1 }, { _end: {} })]);
  await using client = await connectServer(folder.path);
  for (let time = 0; time < 2; time++) {
    const answer = client!.ask('count', {}, signal);
    assert.deepEqual([(await answer.next()).value, (await answer.next()).done], [{ count: 1 }, true]);
  }
});

test('a refused question throws the problem that the server reports', async () => {
  using folder = temporaryFolder();
  const problem = { code: 'ERR_QUERY', message: 'cannot read the query: why', query: '(a', column: 0 };
  await using _server = await SocketServer.start(folder.path, [
    (_params, response) => {
      response.writeHead(400);
      response.end(JSON.stringify(problem));
    },
  ]);
  await assert.rejects(all(folder.path), problem);
});

test('an error row throws its problem', async () => {
  using folder = temporaryFolder();
  const problem = { code: 'ERR_STORE', message: 'cannot read: damage' };
  await using _server = await SocketServer.start(folder.path, [lines({ count: 1 }, { _error: problem })]);
  await assert.rejects(all(folder.path), problem);
});

test('an answer without an end row throws', async () => {
  for (const handler of [lines({ count: 1 }), broken({ count: 1 })]) {
    using folder = temporaryFolder();
    await using _server = await SocketServer.start(folder.path, [handler]);
    await assert.rejects(all(folder.path), {
      code: 'ERR_UNREACHABLE',
      message: /^cannot read the answer of the server at /,
    });
  }
});

test('a response from another server is quoted in the error', async () => {
  using folder = temporaryFolder();
  await using _server = await SocketServer.start(folder.path, [
    (_params, response) => {
      response.writeHead(502);
      response.end('<html>');
    },
  ]);
  await assert.rejects(all(folder.path), { code: 'ERR_UNREACHABLE', message: /status 502, <html>/ });
});

test('a client that stops reading hangs up', async () => {
  using folder = temporaryFolder();
  let closed = false;
  await using _server = await SocketServer.start(folder.path, [
    (params, response, request) => {
      response.on('close', () => {
        closed = true;
      });
      open({ count: 1 })(params, response, request);
    },
  ]);
  await using client = await connectServer(folder.path);
  for await (const row of client!.ask('count', {}, signal)) {
    assert.deepEqual(row, { count: 1 });
    break;
  }
  await until('the server to see it', () => closed);
});

test('an abort ends a waiting question', async () => {
  using folder = temporaryFolder();
  await using _server = await SocketServer.start(folder.path, [open({ count: 1 })]);
  await using client = await connectServer(folder.path);
  const stop = new AbortController();
  const answer = client!.ask('count', {}, stop.signal);
  await answer.next();
  stop.abort();
  await assert.rejects(answer.next(), { name: 'AbortError' });
});

test('there is no client without a folder, a socket, or a server on the socket', async () => {
  using folder = temporaryFolder();
  assert.equal(await connectServer(join(folder.path, 'nowhere')), undefined);
  assert.equal(await connectServer(folder.path), undefined);
  writeFileSync(join(folder.path, 'server.pid'), `1\n2026-11-22T00:00:00Z\n${join(folder.path, 'other.sock')}\n`);
  assert.equal(await connectServer(folder.path), undefined);
  const path = join(folder.path, 'stale.sock');
  const dead = createServer().listen(path);
  await once(dead, 'listening');
  dead.close();
  await once(dead, 'close');
  writeFileSync(join(folder.path, 'server.pid'), `1\n2026-11-22T00:00:00Z\n${path}\n`);
  assert.equal(await connectServer(folder.path), undefined);
});

test('server.pid names the socket if the path in the data folder is too long', async () => {
  using folder = temporaryFolder();
  const deep = join(folder.path, 'd'.repeat(100));
  mkdirSync(deep);
  assert.equal(await connectServer(deep), undefined);
  const path = join(folder.path, 's.sock');
  await using _server = await SocketServer.start(deep, [lines({ count: 4 }, { _end: {} })], path);
  writeFileSync(join(deep, 'server.pid'), `1\n2026-11-22T00:00:00Z\n${path}\n`);
  assert.deepEqual(await all(deep, 'count'), [{ count: 4 }, {}]);
});

test('a user without permission is told how to get it', {
  skip: process.getuid?.() === 0 && 'root may connect to any socket',
}, async () => {
  using folder = temporaryFolder();
  await using server = await SocketServer.start(folder.path, [lines({ _end: {} })]);
  chmodSync(server.path, 0);
  await assert.rejects(connectServer(folder.path), {
    code: 'ERR_UNREACHABLE',
    message: /permission denied; join the group/,
  });
});

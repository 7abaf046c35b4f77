import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Terminal } from '../../src/cli/contract.ts';
import { run } from '../../src/cli/index.ts';
import { encodeId } from '../../src/model/id.ts';
import { toJson } from '../../src/model/json.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { Collected, message, NOW } from './fake.ts';
import { broken, lines, open, SocketServer } from './socket-server.ts';

/** The nth message, as it is sent. */
function row(n: number): object {
  return toJson(message({ _id: n.toString(16).padStart(32, '0'), message: `m${n}` }));
}

const LATE = `late: what receiver 2 received from ${new Date(NOW + 10_000).toISOString().slice(0, 19).replace('T', ' ')} on has been stored only now`;

/** Starts a command line that runs until it ends or is interrupted. */
function start(folder: string, ...argv: string[]) {
  const stdout = new Collected();
  const stderr = new Collected();
  let interrupt = (): void => {};
  const terminal: Terminal = {
    env: { CORDWOOD_DATA: folder },
    stdin: (async function* () {})(),
    stdout,
    stderr,
    now: () => NOW,
    onInterrupt(stop) {
      interrupt = stop;
      return { [Symbol.dispose]: () => {} };
    },
  };
  const openLocal = async () => ({
    via: 'local' as const,
    async *ask() {
      yield message({ _id: '0'.repeat(32), message: 'local' }) as never;
      return { cursor: 'c-local' };
    },
    async [Symbol.asyncDispose]() {},
  });
  const code = run(
    ['search', '-o', 'cat', ...argv],
    {
      pipeline: async () => () => {},
      serve: async () => 0,
      openLocal,
      checkStore: async () => [],
      convert: async () => ({ seen: 0, converted: 0 }),
      backUp: async () => ({ until: 0, bytes: 0 }),
      restore: async () => ({ until: 0, stored: 0 }),
      copy: async () => ({ messages: 0, streams: [] }),
      tryForward: async () => [],
      deadLetters: async () => ({ list: () => [], retry: async () => [] }),
    },
    terminal,
  );
  return { code, stdout, stderr, interrupt: () => interrupt() };
}

test('-f asks for the last ten matches and new ones, until Ctrl-C', async () => {
  using folder = temporaryFolder();
  await using server = await SocketServer.start(folder.path, [open(row(1), { _cursor: 'c1' }, row(2))]);
  const { code, stdout, interrupt } = start(folder.path, '-f', 'x');
  await until('both', () => stdout.text === 'm1\nm2\n');
  interrupt();
  assert.equal(await code, 130);
  const { params } = server.asked[0]!;
  assert.deepEqual([params['follow'], params['limit'], params['query']], [true, 10, 'x']);
});

test('-f -S asks for everything since', async () => {
  using folder = temporaryFolder();
  await using server = await SocketServer.start(folder.path, [open(row(1))]);
  const { code, stdout, interrupt } = start(folder.path, '-f', '-S', 'all');
  await until('the row', () => stdout.text === 'm1\n');
  interrupt();
  await code;
  assert.deepEqual(server.asked[0]?.params, { since: 'all', follow: true });
});

test('a follower goes on from its cursor after the server stopped, and shows nothing twice', async () => {
  using folder = temporaryFolder();
  const handlers = [
    broken(row(1), { _cursor: 'c1' }, row(2)),
    broken(row(2), row(3), { _cursor: 'c3' }),
    lines({ _end: {} }),
    open(row(4)),
  ];
  await using server = await SocketServer.start(folder.path, handlers);
  const { code, stdout, stderr, interrupt } = start(folder.path, '-f', '-n', '5');
  await until('all', () => stdout.text === 'm1\nm2\nm3\nm4\n');
  interrupt();
  assert.equal(await code, 130);
  assert.deepEqual(
    server.asked.map(({ params }) => params),
    [
      { limit: 5, follow: true },
      { cursor: 'c1', follow: true },
      { cursor: 'c3', follow: true },
      { cursor: 'c3', follow: true },
    ],
  );
  assert.match(stderr.text, /^-- no server is running; waiting for one/);
});

test('a follower without a server shows what is stored and waits for one', async () => {
  using folder = temporaryFolder();
  const { code, stdout, stderr, interrupt } = start(folder.path, '-f');
  await until('what is stored', () => stdout.text === 'local\n' && stderr.text !== '');
  await using server = await SocketServer.start(folder.path, [open(row(1))]);
  await until('what comes', () => stdout.text === 'local\nm1\n');
  interrupt();
  assert.equal(await code, 130);
  assert.deepEqual(server.asked[0]?.params, { cursor: 'c-local', follow: true });
});

test('a follower survives a store that is unreachable for a while', async () => {
  using folder = temporaryFolder();
  const away = lines({ _error: { code: 'ERR_STORE', message: 'cannot answer yet: MongoDB is away' } });
  const handlers = [broken({ _cursor: 'c1' }, row(1)), away, away, open(row(2))];
  await using server = await SocketServer.start(folder.path, handlers);
  const { code, stdout, stderr, interrupt } = start(folder.path, '-f');
  await until('both', () => stdout.text === 'm1\nm2\n');
  interrupt();
  assert.equal(await code, 130);
  assert.equal(server.asked.length, 4);
  assert.match(stderr.text, /waiting for one/);
});

test('a follower fails if the store is unreachable at the start', async () => {
  using folder = temporaryFolder();
  const away = lines({ _error: { code: 'ERR_STORE', message: 'cannot answer yet: MongoDB is away' } });
  await using _server = await SocketServer.start(folder.path, [away]);
  const { code, stderr } = start(folder.path, '-f');
  assert.equal(await code, 4);
  assert.equal(stderr.text, 'cordwood: cannot answer yet: MongoDB is away\n');
});

test('a follower notes lines that come late, once for each node and time', async () => {
  using folder = temporaryFolder();
  const of = (node: number, n: number, seconds: number) => {
    const received_at = new Date(NOW + seconds * 1000);
    return toJson(message({ _id: encodeId(received_at.getTime(), node, n), received_at, message: `${node}/${n}` }));
  };
  const rows = [of(1, 1, 100), of(2, 2, 10), of(2, 3, 11), of(1, 2, 110), of(2, 4, 109)];
  await using _server = await SocketServer.start(folder.path, [open({ _cursor: 'c' }, ...rows)]);
  const { code, stdout, stderr, interrupt } = start(folder.path, '-f', '--utc');
  await until('all', () => stdout.text === '1/1\n2/2\n2/3\n1/2\n2/4\n');
  interrupt();
  assert.equal(await code, 130);
  assert.deepEqual(stderr.text.match(/late: .*/g), [LATE]);
});

test('a refused question ends a follower', async () => {
  using folder = temporaryFolder();
  await using _server = await SocketServer.start(folder.path, [
    lines({ _error: { code: 'ERR_USAGE', message: 'cannot follow' } }),
  ]);
  const { code, stderr } = start(folder.path, '-f');
  assert.equal(await code, 2);
  assert.equal(stderr.text, 'cordwood: cannot follow\n');
});

test('--wait-for ends with the first new match', async () => {
  using folder = temporaryFolder();
  await using server = await SocketServer.start(folder.path, [open({ _cursor: 'c0' }, row(1), row(2))]);
  const { code, stdout } = start(folder.path, '--wait-for', 'Up', '-H', 'web1');
  assert.equal(await code, 0);
  assert.equal(stdout.text, 'm1\n');
  const { zone: _zone, ...params } = server.asked[0]!.params;
  assert.deepEqual(params, {
    filters: [
      { text: 'hostname:web1', flag: '-H web1' },
      { text: 'message:/Up/', flag: '--wait-for Up' },
    ],
    since: NOW,
    follow: true,
  });
});

test('--wait-for --count N ends with the Nth match, --timeout with 124', async () => {
  using folder = temporaryFolder();
  await using _server = await SocketServer.start(folder.path, [open(row(1), row(2))]);
  const enough = start(folder.path, '--wait-for', 'm', '--count', '2', '--timeout', '60s');
  assert.equal(await enough.code, 0);
  assert.equal(enough.stdout.text, 'm1\nm2\n');
  const few = start(folder.path, '--wait-for', 'm', '--count', '3', '--timeout', '0.3');
  assert.equal(await few.code, 124);
  assert.equal(few.stdout.text, 'm1\nm2\n');
});

test('a cursor is saved only after its rows are written', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'cursor');
  await using _server = await SocketServer.start(folder.path, [open(row(1), { _cursor: 'c1' }, row(2))]);
  const { code, stdout, interrupt } = start(folder.path, '-f', '--cursor-file', file);
  await until('both rows', () => stdout.text === 'm1\nm2\n');
  assert.equal(readFileSync(file, 'utf8'), 'c1\n', 'm2 would come again');
  interrupt();
  await code;
  assert.ok(existsSync(file));
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { textOfWord } from '../../src/cli/completion/raw-word.ts';
import { CHECKOUT_BIN, cordwood } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { runFake } from './fake.ts';
import { lines, SocketServer } from './socket-server.ts';

/** The handler of a server that never answers. */
const silent = () => {};
const END = { _end: {} };
const names = (...all: readonly string[]) => lines(...all.map((name) => ({ name })), END);

/** What completion is offered by a server with this handler. */
async function offered(
  handler: ReturnType<typeof lines>,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  using folder = temporaryFolder();
  await using server = await SocketServer.start(folder.path, [handler]);
  const outcome = await runFake(['complete', ...words], {
    env: { CORDWOOD_DATA: folder.path, CORDWOOD_COMPLETE_MS: '60000', ...env },
  });
  assert.deepEqual([outcome.code, outcome.stderr], [0, '']);
  return { shown: outcome.stdout.split('\n').slice(0, -1), asked: server.asked };
}

test('names are asked of the server by their beginning, and printed one on each line', async () => {
  const { shown, asked } = await offered(names('web1', 'web2'), ['host', '--', 'we', 'cordwood', 'search', '-H']);
  assert.deepEqual(shown, ['web1', 'web2']);
  assert.deepEqual(asked, [{ name: 'names', params: { of: 'host', prefix: 'we' } }]);
});

test('a name that would act on a terminal, be read as a flag or as two is not printed', async () => {
  const bad = ['we\x1b[31mb', 'we\nb', 'we\tb', 'we\u202eb', 'we\x9bb', 'we\x7f'];
  assert.deepEqual((await offered(names('web1', ...bad), ['host', '--', 'we'])).shown, ['web1']);
  assert.deepEqual((await offered(names('-rf', '--config=x', 'a'), ['host', '--', ''])).shown, ['a']);
});

const TYPED: readonly (readonly [source: string, typed: string, names: readonly string[], want: readonly string[]])[] =
  [
    ['query', 'hostn', [], ['hostname:']],
    ['query', 'sour', [], ['source.ip:', 'source.port:', 'source.transport:', 'source.listener:', 'source.peer_cn:']],
    ['query', 'A', [], ['AND']],
    ['query', 'hostname:w', ['web1', 'w b', 'w$(id)', "w'"], ['hostname:web1']],
    ['query', 'severity:e', [], ['severity:emerg', 'severity:err']],
    ['query', 'severity:<=e', [], ['severity:<=emerg', 'severity:<=err']],
    ['query', 'fields.us', ['fields.user', 'fields.user"x'], ['fields.user:']],
    ['query', 'nothing:w', ['web1'], []],
    ['field', 'sev', [], ['severity']],
    ['field', 'hostname,sev', [], ['hostname,severity']],
    ['facility', 'auth,local7', [], ['auth,local7']],
    ['zone', 'Europe/Berl', [], ['Europe/Berlin']],
    ['severity', 'e', [], []],
    ['file', '/e', [], []],
  ];
for (const [source, typed, known, want] of TYPED) {
  test(`of ${source}, ${typed} becomes ${want.join(' or ') || 'nothing'}`, async () => {
    assert.deepEqual((await offered(names(...known), [source, '--', typed])).shown, want);
  });
}

test('fields of messages need no server, the others do', async () => {
  const { code, stdout } = await runFake(['complete', 'field', '--', 'app']);
  assert.deepEqual([code, stdout], [0, 'appname\n']);
  assert.deepEqual((await runFake(['complete', 'field', '--', 'fields.u'])).stdout, '');
});

const WORDS: readonly (readonly [raw: string, text: string | undefined])[] = [
  ['plain', 'plain'],
  ["'a b'", 'a b'],
  ['"a b"', 'a b'],
  ['"open', 'open'],
  ["'open", 'open'],
  ['a\\ b', 'a b'],
  ['"a\\"b"', 'a"b'],
  ["'a\\b'", 'a\\b'],
  ['~/x', '/home/ada/x'],
  ['~', '/home/ada'],
  ['~bob/x', '~bob/x'],
  ['$HOME/x', '/home/ada/x'],
  ['$' + '{HOME}/x', '/home/ada/x'],
  ['"$HOME/a b"', '/home/ada/a b'],
  ["'$HOME/x'", '$HOME/x'],
  ['$HOMES/x', undefined],
  ['$x', undefined],
  ['"$x"', undefined],
  ['$(id)', undefined],
  ['`id`', undefined],
  ['\\$(id)', '$(id)'],
];
for (const [raw, text] of WORDS) {
  test(`the word ${raw} of a command line is ${text ?? 'left to the shell'}`, () => {
    assert.equal(textOfWord(raw, '/home/ada'), text);
  });
}

test('the server is the one that the command line chooses', async () => {
  using folder = temporaryFolder();
  using other = temporaryFolder();
  await using _server = await SocketServer.start(folder.path, [names('here')]);
  await using _other = await SocketServer.start(other.path, [names('there')]);
  const env = { CORDWOOD_DATA: folder.path, CORDWOOD_COMPLETE_MS: '60000', HOME: other.path };
  const ask = async (...line: string[]) => (await runFake(['complete', 'host', '--', '', ...line], { env })).stdout;
  assert.equal(await ask('cordwood', 'search', '-H'), 'here\n');
  assert.equal(await ask('cordwood', 'search', '--data', other.path, '-H'), 'there\n');
  assert.equal(await ask('cordwood', 'search', `--data=${other.path}`, '-H'), 'there\n');
  assert.equal(await ask('cordwood', 'search', '--data', '$HOME', '-H'), 'there\n');
  assert.equal(await ask('cordwood', 'search', '--data', '$OTHER', '-H'), '', 'only the shell knows it');
});

test('a server that does not answer, refuses or answers nonsense offers nothing, and is no error', async () => {
  assert.deepEqual((await offered(silent, ['host', '--', ''], { CORDWOOD_COMPLETE_MS: '50' })).shown, []);
  const refusing = lines({ code: 'ERR_USAGE', message: 'cannot answer' });
  assert.deepEqual(
    (
      await offered(
        (params, response, request) => {
          response.statusCode = 400;
          refusing(params, response, request);
        },
        ['host', '--', ''],
      )
    ).shown,
    [],
  );
  assert.deepEqual((await offered((_params, response) => response.end('<html>\n'), ['host', '--', ''])).shown, []);
  assert.deepEqual((await offered(lines({ name: 'web1' }), ['host', '--', ''])).shown, [], 'an answer without an end');
  using folder = temporaryFolder();
  const here = ['--config', join(folder.path, 'absent.yaml')];
  assert.equal((await runFake(['complete', 'host', '--', '', 'cordwood', 'search', ...here])).stdout, '');
});

test('a process that completes ends at once, though its server hangs, and loads neither yargs nor zod', async () => {
  using folder = temporaryFolder();
  // Accepts, and says nothing.
  const hanging = createServer(() => {}).listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const { port } = hanging.address() as { port: number };
  const token = join(folder.path, 'token');
  writeFileSync(token, 'cw_x\n');
  const line = ['cordwood', 'search', '--server', `http://127.0.0.1:${port}`, '--token-file', token];
  const { code, stdout, stderr } = await cordwood(['complete', 'host', '--', '', ...line]);
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
  hanging.close();

  const hook =
    "import {registerHooks} from 'node:module'; registerHooks({load: (url, context, next) => (console.error(url), next(url, context))})";
  const { stderr: loaded } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, CHECKOUT_BIN, 'complete', 'host', '--', 'we'],
    { env: { ...process.env, CORDWOOD_DATA: folder.path }, encoding: 'utf8' },
  );
  assert.match(loaded, /candidates\.ts/);
  assert.doesNotMatch(loaded, /yargs|zod|yaml|fastify/);
});

test('what cannot be completed is refused to a person, and the command is in no list', async () => {
  const { code, stderr } = await runFake(['complete', 'wine']);
  assert.equal(code, 2);
  assert.match(stderr, /cannot complete "wine": use file, folder, /);
  assert.doesNotMatch((await runFake(['--help'])).stdout, /^ +complete /m);
  assert.match((await runFake(['complete', '--help'])).stdout, /for the completion of shells/);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, openSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { needs } from '../support/require.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const folder = temporaryFolder();
const LINES = 3000;
const EVIL = '\x1b[2J\x07\x1b]0;owned\x07';
let server: Server;

before(async () => {
  server = await Server.start({ data: folder.path });
  const port = await server.port('tcp0');
  const sent = Array.from({ length: LINES }, (_, index) => `<13>1 - web${index % 3} app - - - line ${index} ${EVIL}\n`);
  connect(port, '127.0.0.1').end(sent.join(''));
  await until('every line', async () => (await ask('count')).stdout === `${LINES}\n`);
});

after(async () => {
  await server.kill();
  folder[Symbol.dispose]();
});

function ask(command: string, ...flags: string[]) {
  return cordwood([command, '--data', folder.path, ...flags]);
}

test('the program asks the running server, and writes data to stdout, notes to stderr', async () => {
  const { code, stdout, stderr } = await ask('search', '-n', '2', '-o', 'json');
  assert.equal(code, 0);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message),
    [`line ${LINES - 2} ${EVIL}`, `line ${LINES - 1} ${EVIL}`],
  );
  assert.equal(
    stderr,
    '-- searched the last 24 hours; -S all searches everything\n-- showing the newest 2 of more; -n all shows all\n',
  );
});

test('errors go to stderr and set the exit code', async () => {
  const query = await ask('search', 'host:(a');
  assert.deepEqual([query.code, query.stdout], [2, '']);
  assert.match(query.stderr, /^cordwood: cannot read the query: .*\n {2}host:\(a\n {2} +\^\n$/);
  const flag = await cordwood(['search', '--follw']);
  assert.deepEqual(
    [flag.code, flag.stderr],
    [2, 'cordwood: cannot read --follw: unknown flag; did you mean "--follow"?\n'],
  );
  const nowhere = await cordwood(['count', '--data', `${folder.path}/nowhere`]);
  assert.deepEqual([nowhere.code, nowhere.stdout], [4, '']);
});

test('every command that asks is answered', async () => {
  assert.equal((await ask('top', 'hostname', '-n', '1')).stdout, '1000  web0\n');
  assert.match((await ask('fields')).stdout, /^3000 {2}hostname$/m);
  assert.match((await ask('hist', '--every', '1h', '-q')).stdout, /█/);
  assert.match((await ask('stats')).stdout, /^listen\.tcp0\.\S+ +3,000$/m);
  assert.match((await cordwood(['--help'])).stdout, /^cordwood COMMAND/);
  const parsed = await cordwood(['parse', '--zone', 'UTC'], { input: '<13>1 - web1 app - - - x\n' });
  assert.equal(JSON.parse(parsed.stdout).message, 'x');
});

test('a closed pipe ends a search quietly', async () => {
  const child = spawn(process.execPath, [BIN, 'search', '-f', '-n', 'all', '--data', folder.path]);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  // A follower notices the closed pipe with the next line.
  const port = await server.port('tcp0');
  connect(port, '127.0.0.1').end('<13>1 - late app - - - after the pipe\n');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(stderr, '');
});

test('a full disk is an error', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [BIN, 'search', '-q', '--data', folder.path], {
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (text) => {
    stderr += text;
  });
  assert.deepEqual(await once(child, 'close'), [4, null]);
  closeSync(full);
  assert.match(stderr, /^cordwood: cannot write the answer: ENOSPC/);
});

test('a user without permission is told how to get it', {
  skip: process.getuid?.() !== 0 && 'only root can be another user',
}, async () => {
  chmodSync(folder.path, 0o755);
  const options = { uid: 65_534, gid: 65_534, env: { ...process.env, HOME: '/nonexistent' } };
  const child = spawn(process.execPath, [BIN, 'count', '--data', folder.path], options);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  assert.deepEqual(await once(child, 'close'), [4, null]);
  assert.match(stderr, /^cordwood: cannot reach the server at .*: permission denied; join the group that owns it/);
});

test('Ctrl-C ends a follower with 130', async () => {
  const child = spawn(process.execPath, [BIN, 'search', '-f', '--data', folder.path]);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [130, null]);
});

test('Ctrl-C and a closed pipe end parse while its input is open', async () => {
  const interrupted = spawn(process.execPath, [BIN, 'parse', '--zone', 'UTC']);
  interrupted.stdin.write('<13>1 - - - - - - x\n');
  await once(interrupted.stdout, 'data');
  interrupted.kill('SIGINT');
  assert.deepEqual(await once(interrupted, 'exit'), [130, null]);
  const piped = spawn(process.execPath, [BIN, 'parse', '--zone', 'UTC']);
  piped.stdin.write('<13>1 - - - - - - x\n');
  await once(piped.stdout, 'data');
  piped.stdout.destroy();
  piped.stdin.write('<13>1 - - - - - - y\n');
  assert.deepEqual(await once(piped, 'exit'), [0, null]);
});

/** Runs the program on a pseudo-terminal. */
function onTerminal(args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, ...env } });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.once('close', () => resolve(text));
  });
}

test('on a terminal, lines go through the pager, in colour and escaped', { skip: needs('script') }, async () => {
  const text = await onTerminal(['search', '-q', '-n', '3', '-H', 'web*', '--data', folder.path], {
    PAGER: 'sed s/^/paged:/',
    NO_COLOR: '',
  });
  const shown = text.split('\r\n').filter(Boolean);
  assert.equal(shown.length, 3);
  for (const line of shown)
    assert.match(line, /^paged:\x1b\[1m.* line \d+ \\x1b\[2J\\x07\\x1b\]0;owned\\x07\x1b\[22m$/);
  const plain = await onTerminal(
    ['search', '-q', '-n', '1', '-H', 'web*', '--no-pager', '-o', 'raw', '--data', folder.path],
    {},
  );
  assert.match(plain, /^<13>1 .* line 2999 \\x1b\[2J\\x07\\x1b\]0;owned\\x07\r\n$/);
});

test('parse shows lines as the pipeline changes them', async () => {
  const config = `${folder.path}/pipeline.yaml`;
  writeFileSync(
    config,
    "pipeline: [{kind: drop, match: noise}, {kind: redact, what: [ipv4]}]\nstreams: [{name: debug, match: 'severity:debug'}]\n",
  );
  const input = '<15>1 - h a - - - from 10.0.0.1\n<13>1 - h a - - - noise\n<13>1 - h a - - - fine\n';
  const parsed = await cordwood(['parse', '--config', config, '-o', 'csv', '--fields', 'stream,message'], { input });
  assert.equal(parsed.stdout, 'stream,message\r\ndebug,from [ipv4]\r\ndefault,fine\r\n');
  assert.match(parsed.stderr, /1 line dropped by the stage drop0/);
});

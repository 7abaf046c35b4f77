import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../src/cli/index.ts';
import { Collected } from '../cli/fake.ts';
import { Certificates, days } from '../support/certificates.ts';
import { freePort } from '../support/ports.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const RULE = '{kind: count, name: many, query: error, window: 5m, above: 1000, to: [ops@example.org]}';
const TOKENS = ['read', 'operate', 'admin'] as const;

let folder: ReturnType<typeof temporaryFolder>;
let server: Server;
let certificates: Certificates;
let port: number;
/** The time of the command lines, ms: after all lines were sent. */
let now: number;
const paths = { data: '', config: '' };

before(async () => {
  folder = temporaryFolder();
  paths.data = join(folder.path, 'data');
  paths.config = join(folder.path, 'cordwood.yaml');
  port = await freePort();
  certificates = new Certificates(folder.path);
  const { cert, key } = certificates.make('server', { name: 'localhost', alternatives: ['localhost'], use: 'server' });
  const web = `web: {address: '127.0.0.1:${port}', hosts: [logs.example.org], tls: {cert: ${cert}, key: ${key}}}`;
  const listen = `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]`;
  writeFileSync(
    paths.config,
    `data: ${paths.data}\n${listen}\n${web}\nalerts: [${RULE}]\nmail: {smtp: 'smtp://127.0.0.1:1', from: cordwood@example.org}\n`,
  );
  for (const role of TOKENS) await addToken(role, ['--role', role]);
  await addToken('limited', ['--role', 'admin', '--only', 'hostname:web1']);
  server = await Server.start({ data: paths.data, config: paths.config });
  await server.send([
    '<11>1 2026-11-22T16:20:01Z web1 nginx 12 - [origin ip="192.0.2.1"] error: no space left on device',
    ...Array.from(
      { length: 200 },
      (_, index) => `<${8 + (index % 8)}>1 - web${index % 3} app${index % 5} - - - line ${index} é`,
    ),
    'not a syslog line',
  ]);
  await until(
    'all to be visible',
    async () => JSON.parse((await server.ask('count', {})).split('\n')[0]!).count === 202,
  );
  now = Date.now();
  writeFileSync(join(folder.path, 'hosts.txt'), 'web1\nweb9\n');
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

async function addToken(name: string, flags: readonly string[]): Promise<void> {
  const made = await cordwood(['token', 'add', name, ...flags, '--config', paths.config]);
  assert.equal(made.code, 0, made.stderr);
  writeFileSync(tokenFile(name), made.stdout, { mode: 0o600 });
}

const tokenFile = (name: string): string => join(folder.path, `${name}.token`);
const here = (): string[] => ['--data', paths.data];
const there = (token = 'admin', origin = `https://localhost:${port}`): string[] => [
  ...['--server', origin],
  ...['--token-file', tokenFile(token)],
  ...['--ca', certificates.caFile],
];

type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a command line in this process. */
async function runHere(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const refuse = () => Promise.reject(new Error('the store must not be opened'));
  const services = {
    ...{ serve: refuse, pipeline: refuse, openLocal: refuse, checkStore: refuse },
    ...{ deadLetters: refuse, tryForward: refuse, copy: refuse, convert: refuse, backUp: refuse, restore: refuse },
  };
  const code = await run(argv, services, {
    env: { CORDWOOD_CONFIG: '', PAGER: '', ...env },
    stdin: (async function* () {})(),
    stdout,
    stderr,
    now: () => now,
    onInterrupt: () => ({ [Symbol.dispose]: () => {} }),
  });
  return { code, stdout: stdout.bytes.toString('latin1'), stderr: stderr.text };
}

/** Command lines that give the same on the spot and from another machine. */
const COMMANDS = [
  'search',
  'search -S all -n all -o json',
  'search -S all -n all -o csv',
  'search -S all -n 5 -o verbose',
  'search -S all -n +3 -o short-iso --utc',
  'search -S all -r -n 4 --timezone Asia/Tokyo',
  'search -S all error -C 2',
  'search -S all -H web1 -p err -t app*',
  'search -S all -g l.ne.1',
  'search -S all nothing-like-it',
  'search -S all nothing-like-it --exit-code',
  'search hostname:wbe1',
  'search (',
  'search -S tomorrow -U yesterday',
  'search nosuchfield:1',
  'count -S all',
  'count -S all severity:<=err -o json',
  'hist -S all --by severity --every 1h',
  'hist -S 2026-11-01 -U 2026-12-31 --every 1d',
  'top hostname,appname -S all',
  'top nosuchfield',
  'fields -S all',
  'account -S -1h -U now --verify -o json',
  'hosts -o json',
  'hosts expect --within 1h HOSTS',
  'hosts clock',
  'hosts clock web1 --apply --zone Europe/Berlin',
  'hosts clock web1 --unset',
  'streams -o json',
  'alert',
  'alert show many',
  'alert silence many 1h',
  'alert mute 10m',
  'alert retry',
  'alert ack many-1',
  'alert resolve none',
  'hold add -S all --why audit error --name one',
  'hold',
  'nodes',
  'search -S all --verbose -n 1',
  'search --cursor-file /nonexistent/folder/cursor',
];

/** An answer without what any process of the machine changes: the free space of the disk. */
function comparable(outcome: Outcome): string {
  return JSON.stringify({ ...outcome, stdout: outcome.stdout.replaceAll(/"free":\d+/g, '"free":0') });
}

for (const line of COMMANDS) {
  test(`cordwood ${line} gives the same from another machine`, async () => {
    const words = line.split(' ').map((word) => (word === 'HOSTS' ? join(folder.path, 'hosts.txt') : word));
    let last: readonly [Outcome, Outcome] | undefined;
    // What the server counts and measures may change between the two.
    await until(
      'equal answers',
      async () => {
        last = [await runHere([...words, ...here()]), await runHere([...words, ...there()])];
        return comparable(last[0]) === comparable(last[1]);
      },
      30_000,
    ).catch(() => assert.deepEqual(last![1], last![0]));
  });
}

test('stats lists the same counters, and releasing a hold from elsewhere removes it', async () => {
  const names = async (flags: readonly string[]) =>
    Object.keys(JSON.parse((await runHere(['stats', '-o', 'json', ...flags])).stdout).counters);
  assert.deepEqual(await names(there('read')), await names(here()));
  await runHere(['hold', 'add', '-S', 'all', '--why', 'test', '--name', 'two', ...here()]);
  assert.equal((await runHere(['hold', 'release', 'two', ...there('operate')])).code, 4, 'needs admin');
  assert.equal((await runHere(['hold', 'release', 'two', ...there()])).code, 0);
  assert.doesNotMatch((await runHere(['hold', ...here()])).stdout, /two/);
});

test('the variables of the environment name the server and the token; --data counts more', async () => {
  const env = {
    CORDWOOD_SERVER: `https://localhost:${port}`,
    CORDWOOD_TOKEN_FILE: tokenFile('read'),
  };
  assert.match((await runHere(['count', '--ca', certificates.caFile], env)).stdout, /^202\n$/);
  assert.match((await runHere(['count', ...here()], { ...env, CORDWOOD_SERVER: 'nonsense' })).stdout, /^202\n$/);
});

test('a token sees and does what its role and its query allow', async () => {
  const count = await runHere(['count', '-S', 'all', ...there('limited')]);
  const own = await runHere(['count', '-S', 'all', 'hostname:web1', ...here()]);
  assert.equal(count.stdout, own.stdout);
  for (const [words, token, reason] of [
    ['hosts', 'limited', /it shows more than messages, and limited sees only hostname:web1/],
    ['stats', 'limited', /it shows more than messages/],
    ['alert mute 1h', 'read', /it needs the role operate, and read has the role read; there, cordwood token/],
    ['hosts retire web2', 'read', /it needs the role operate/],
    ['hosts clock web1 --apply --zone UTC', 'read', /it needs the role operate/],
    ['hold add -S all --why no error', 'read', /it needs the role operate/],
    ['alert digest --send', 'read', /it needs the role operate/],
  ] as const) {
    const { code, stderr } = await runHere([...words.split(' '), ...there(token)]);
    assert.equal(code, 4, words);
    assert.match(stderr, reason, words);
  }
});

test('completion asks the server of the command line, and offers nothing to a token that may not ask', async () => {
  const complete = async (...line: string[]): Promise<string> => {
    const env = { CORDWOOD_COMPLETE_MS: '60000' };
    const { code, stdout, stderr } = await runHere(
      ['complete', 'program', '--', 'app', 'cordwood', 'search', ...line],
      env,
    );
    assert.deepEqual([code, stderr], [0, '']);
    return stdout;
  };
  assert.equal(await complete(...there('read')), 'app0\napp1\napp2\napp3\napp4\n');
  assert.equal(await complete(...there('limited')), '');
  assert.equal(await complete(...there('read', 'https://localhost:1')), '');
  assert.equal(await complete('--server', `https://localhost:${port}`, '--token-file', '/nonexistent'), '');
});

test('what is wrong with the address, the token or the certificate is a sentence with a remedy', async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder.path, name), text);
    return join(folder.path, name);
  };
  const good = `https://localhost:${port}`;
  const ca = ['--ca', certificates.caFile];
  const read = ['--token-file', tokenFile('read')];
  for (const [flags, code, text] of [
    [['--server', good, ...ca, '--token-file', file('unknown', `cw_${'x'.repeat(49)}`)], 4, /mistyped|not known/],
    [['--server', good, ...ca, '--token-file', file('empty', '\n')], 2, /the file is empty/],
    [['--server', good, ...ca, '--token-file', '/nonexistent'], 2, /cannot read --token-file \/nonexistent/],
    [['--server', good, ...ca], 2, /no token; there, cordwood token add/],
    [['--server', good, ...read], 4, /no CA known here has issued its certificate; give the file of its CA with --ca/],
    [
      ['--server', `https://127.0.0.1:${port}`, ...ca, ...read],
      4,
      /its certificate is for localhost; use one of these/,
    ],
    [['--server', 'http://logs.example.org', ...read], 2, /the token would travel as plain text; use https/],
    [['--server', `http://localhost:${port}`, ...read], 4, /cannot reach|not a Cordwood server/],
    [['--server', 'logs.example.org', ...read], 2, /an address such as https:\/\/logs.example.org/],
    [['--server', `${good}/page`, ...read], 2, /an address such as/],
    [['--server', 'https://localhost:1', ...read], 4, /nothing listens there; see that the server runs/],
    [['--server', 'https://nowhere.invalid', ...read], 4, /this name has no address here/],
    [['--server', good, '--data', paths.data], 2, /cannot use --server with --data/],
  ] as const) {
    const outcome = await runHere(['count', ...flags]);
    assert.match(outcome.stderr, text, flags.join(' '));
    assert.equal(outcome.code, code, outcome.stderr);
    assert.equal(outcome.stderr.trim().split('\n').length, 1, 'one line');
  }
});

test('a certificate out of date is named as such', async () => {
  const wanted = { name: 'localhost', alternatives: ['localhost'], use: 'server' } as const;
  for (const [span, expected] of [
    [days(-9, -1), /its certificate has expired; replace it there/],
    [days(1, 9), /its certificate is not valid yet; compare the clocks/],
  ] as const) {
    const { certText, keyPem } = certificates.make('dated', { ...wanted, ...span });
    const dated = createSecureServer({ cert: certText, key: keyPem });
    await once(dated.listen(0, '127.0.0.1'), 'listening');
    const origin = `https://localhost:${(dated.address() as AddressInfo).port}`;
    const { code, stderr } = await runHere(['count', ...there('read', origin)]);
    dated.close();
    assert.equal(code, 4);
    assert.match(stderr, expected);
  }
});

test('NODE_EXTRA_CA_CERTS is trusted without --ca', async () => {
  const origin = `https://localhost:${port}`;
  const env = { NODE_EXTRA_CA_CERTS: certificates.caFile };
  const words = ['count', '-S', 'all', '--server', origin, '--token-file', tokenFile('read')];
  const { stdout, stderr } = await cordwood(words, { env });
  assert.match(stdout, /^\d+\n$/, stderr);
});

test('servers that are something else are told apart', async () => {
  const answers: Readonly<Record<string, readonly [number, Record<string, string>, string]>> = {
    'it is not a Cordwood server (status 200': [200, { 'content-type': 'text/html' }, '<html>log in</html>'],
    'it leads to https://sso.example.org/': [302, { location: 'https://sso.example.org/' }, ''],
    'its version does not know this question; update the server': [
      404,
      { 'content-type': 'application/problem+json' },
      JSON.stringify({ code: 'ERR_NOT_FOUND', detail: 'cannot answer POST: no such address' }),
    ],
    'status 502': [502, { 'content-type': 'text/html' }, 'bad gateway'],
  };
  for (const [expected, [status, headers, body]] of Object.entries(answers)) {
    const other = createServer((_, response) => response.writeHead(status, headers).end(body));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await runHere(['search', '-f', ...there('read', origin)]);
    other.close();
    assert.equal(code, 4);
    assert.ok(stderr.includes(expected), stderr);
  }
});

test('a follower from another machine goes on at its cursor after kill -9 of the server', async () => {
  const follower = spawn(
    process.execPath,
    [BIN, 'search', '-f', '-n', '0', '-o', 'cat', 'followed', ...there('read')],
    {
      env: { ...process.env, CORDWOOD_CONFIG: '' },
    },
  );
  let [stdout, stderr] = ['', ''];
  follower.stdout.on('data', (text) => {
    stdout += text;
  });
  follower.stderr.on('data', (text) => {
    stderr += text;
  });
  const sent: string[] = [];
  const send = async (): Promise<void> => {
    const line = `followed ${sent.length}`;
    await server.send([`<14>1 - web1 app - - - ${line}`]);
    sent.push(line);
  };
  await until('the follower to follow', async () => {
    await send();
    return stdout.includes('followed');
  });
  const { length } = sent;
  await until('all that was sent', () => stdout.includes(sent.at(-1)!));
  await server.kill('SIGKILL');
  await until('the note', () => stderr.includes(`lost https://localhost:${port}; trying again`));
  server = await Server.start({ data: paths.data, config: paths.config });
  for (let i = 0; i < 5; i++) await send();
  await until('the last line', () => stdout.includes(sent.at(-1)!));
  follower.kill('SIGINT');
  await once(follower, 'exit');
  const shown = stdout.trim().split('\n');
  assert.equal(new Set(shown).size, shown.length, 'none twice');
  assert.deepEqual(shown, sent.slice(-shown.length), 'none missing');
  assert.ok(shown.length > sent.length - length, 'lines from before and after');
});

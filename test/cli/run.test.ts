import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProblemError } from '../../src/cli/io/answer.ts';
import { COMMANDS } from '../../src/cli/commands/registry.ts';
import { CordwoodError } from '../../src/base/errors.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { message, NOW, type Outcome, runFake, type World } from './fake.ts';

const LINE = 'Nov 22 15:20:01 web1 sshd[1234]: Accepted publickey\n';
const rows = [message()];

/** Runs a command line in a world and compares the outcome. */
function ok(line: string, world: World, want: Partial<Outcome>): void {
  test(`cordwood ${line}`, async () => {
    const outcome = await runFake(line.split(' '), world);
    const seen = Object.fromEntries(Object.keys(want).map((key) => [key, outcome[key as keyof Outcome]]));
    assert.deepEqual(seen, want, outcome.stderr);
  });
}

function bad(line: string, code: number, want: RegExp, world: World = {}): void {
  test(`cordwood ${line}`, async () => {
    const outcome = await runFake(line.split(' '), world);
    assert.match(outcome.stderr, want);
    assert.deepEqual([outcome.code, outcome.stdout], [code, '']);
  });
}

function asks(line: string, ...params: object[]): void {
  test(`cordwood ${line} asks`, async () => {
    const { asked } = await runFake(line.split(' '), { rows: [] });
    assert.deepEqual(
      asked.map((one) => one.params),
      params,
    );
  });
}

ok('search --utc', { rows }, { code: 0, stdout: LINE, stderr: '' });
ok('search', { rows: [] }, { code: 0, stdout: '' });
ok('search -g nothing', { rows: [] }, { code: 1, stdout: '' });
ok('search --exit-code', { rows: [] }, { code: 1 });
ok('search -g x --utc', { rows }, { code: 0, stdout: LINE });
ok('count --exit-code', { rows: [{ count: 0 }] }, { code: 1, stdout: '0\n' });
ok('search --strict', { rows, end: { uncovered: ['a gap'] } }, { code: 3, stderr: '-- a gap\n' });
ok(
  'search --strict -n1',
  { rows, end: { limited: true } },
  { code: 3, stderr: '-- showing the newest 1 of more; -n all shows all\n' },
);
ok(
  'search -n+1',
  { rows, end: { limited: true } },
  { code: 0, stderr: '-- showing the oldest 1 of more; -n all shows all\n' },
);
ok(
  'search',
  { rows, end: { sinceDefault: true } },
  { stderr: '-- searched the last 24 hours; -S all searches everything\n' },
);
ok('search -q', { rows, end: { sinceDefault: true, uncovered: ['x'] } }, { stderr: '' });
ok('search -q -S -1h', { rows, end: { uncovered: ['a\x1bb'] } }, { stderr: '' });
ok(
  'search -C1 --utc',
  { rows: [message({ message: 'x' }), { _gap: true }, { ...message(), _context: true }] },
  {
    stdout: `${LINE.replace('Accepted publickey', 'x')}--\n${LINE}`,
  },
);
ok(
  'search -C1 -o csv --fields message',
  { rows: [message(), { _gap: true }] },
  { stdout: 'message\r\nAccepted publickey\r\n' },
);
ok('search -C1 --exit-code -q', { rows: [{ ...message(), _context: true }] }, { code: 1 });
ok('count', { rows: [{ count: 12_345 }] }, { code: 0, stdout: '12345\n' });
ok('count', { rows: [{ count: 0 }], end: {} }, { code: 0, stdout: '0\n', stderr: '-- no entries\n' });
ok(
  'top host app -n2',
  { rows: [{ values: ['web1'], count: 2 }] },
  { stderr: '-- "app" was searched as a word; for both fields write cordwood top host,app\n' },
);
ok('count -o json', { rows: [{ count: 5 }] }, { stdout: '{"count":5}\n' });
ok(
  'fields',
  {
    rows: [
      { name: 'hostname', count: 12 },
      { name: 'sd.a\x1b.b', count: 3 },
    ],
  },
  { stdout: '12  hostname\n 3  sd.a\\x1b.b\n' },
);
ok('fields -o json', { rows: [{ name: 'hostname', count: 12 }] }, { stdout: '{"name":"hostname","count":12}\n' });
const groups = [
  { values: ['web1', 3], count: 12 },
  { values: ['=x\n', 6], count: 3 },
  { values: [null, null], count: 1 },
];
ok('top host,severity', { rows: groups }, { stdout: '12  web1  err\n 3  =x\\n  info\n 1  -     -\n' });
ok(
  'top host,severity -o csv',
  { rows: groups },
  { stdout: 'count,hostname,severity\r\n12,web1,err\r\n3,"\'=x\n",info\r\n1,,\r\n' },
);
ok(
  'top host,severity -o json',
  { rows: groups.slice(0, 1) },
  { stdout: '{"hostname":"web1","severity":3,"count":12}\n' },
);
ok('search -F host', { rows: [{ values: ['web1'], count: 12 }] }, { stdout: '12  web1\n' });
ok('search --facility help', {}, { code: 0, asked: [] });
ok(
  '--version',
  {},
  { code: 0, stdout: `${JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version}\n` },
);
ok(
  'hist -o json --by host',
  { rows: [{ at: NOW, values: [null], count: 2 }] },
  { stdout: '{"at":"2026-11-22T15:20:01.000Z","hostname":null,"count":2}\n' },
);
ok(
  'hist -o csv --utc',
  { rows: [{ at: NOW, values: [], count: 2 }] },
  { stdout: 'at,count\r\n2026-11-22T15:20:01.000+00:00,2\r\n' },
);
ok('hist', { rows: [] }, { code: 0, stdout: '' });

bad('serch', 2, /cannot run "serch": unknown command; did you mean "search"\? To search for it: cordwood search serch/);
bad('tail -n 5', 2, /cannot run "tail": unknown command; write cordwood search -f\n/);
bad('export', 2, /unknown command; write cordwood search .* -o csv\n/);
bad('-u nginx', 2, /cannot run "-u": unknown command; the command comes before its flags/);
bad('zebra', 2, /unknown command; cordwood --help lists the commands/);
bad('count --by host', 2, /cannot read --by: unknown flag; write cordwood top FIELD, or cordwood hist --by FIELD\n/);
bad('stats -u x', 2, /cannot read -u: unknown flag; put words/);
bad('hosts -H web1', 2, /name the hosts without a flag, e.g. cordwood hosts web1/);
bad('search --sinse x', 2, /did you mean "--since"/);
bad('stats x', 2, /cannot read "x": stats takes only flags; cordwood stats --help lists them/);
bad('top', 2, /name a field/);
bad('top hostnme', 2, /did you mean "hostname"/);
bad('top host -n 0', 2, /cannot read -n 0/);
bad('search -n -5', 2, /cannot read -5: unknown flag/);
bad('search --lines=x', 2, /cannot read -n x: it takes a number/);
bad(
  'search --fields host -o raw',
  2,
  /cannot use --fields with -o raw: use -o short, short-iso, short-full, verbose, json/,
);
bad('search --timeout 5s', 2, /cannot use --timeout alone: add --wait-for or -f/);
bad('search --count 5', 2, /cannot use --count alone: add --wait-for/);
bad('search -f --timeout soon', 2, /cannot read --timeout soon: it takes a duration/);
bad('search --timezone Nowhere', 2, /unknown time zone/);
bad('count --timezone Nowhere', 2, /unknown time zone/);
bad('count --data=', 2, /cannot read --data "": it is empty/);
bad('serve --config=', 2, /cannot read --config "": it is empty/);
bad('search -F app -n +3', 2, /cannot read -n \+3: it takes a number, 1 or more, or "all"/);
bad('hist --every 5', 2, /cannot read --every 5: it takes a duration with its unit/);
bad('hist --by host,app', 2, /^cordwood: cannot read --by host,app: it takes one field; cordwood top host,app counts /);
bad('hist --by nothing', 2, /unknown field "nothing"/);
bad('search (a', 2, /^cordwood: cannot read the query: why\n {2}\(a\n {2}\^\n$/, {
  error: new ProblemError('ERR_QUERY', 'cannot read the query: why', '(a', 0),
});
bad('search', 4, /^cordwood: cannot ask\\x1b\n$/, { error: new CordwoodError('ERR_UNREACHABLE', 'cannot ask\x1b') });
bad('search', 4, /^TypeError: oops\n {4}at /, { error: new TypeError('oops') });
bad('search --config /nonexistent/cordwood.yaml', 2, /cannot read the configuration \/nonexistent\/cordwood.yaml/, {
  env: { CORDWOOD_DATA: '' },
});
bad('check-config --listen nonsense', 2, /--listen nonsense/);
bad('parse --zone Nowhere', 2, /cannot read --zone Nowhere/);
bad('parse --peer nobody', 2, /cannot read --peer nobody/);

asks('search', {});
asks('search -n 5 -r -S all', { since: 'all', order: 'newest', limit: 5 });
asks('search -n all', {});
asks('search -n +5', { limit: 5, from: 'start' });
asks('search -C 2 -A 0', { before: 2 });
asks('search -U now', { until: NOW });
asks('top host,level -n 3', { fields: ['hostname', 'level'], limit: 3 });
asks('top sd.a.b', { fields: ['sd.a.b'], limit: 10 });
asks('hist --by level --every 5m', { by: 'level', every: 300_000 });
asks('search -F app', { fields: ['appname'], limit: 100_000 });
asks('search -F app -n 3', { fields: ['appname'], limit: 3 });
asks('stats', {});

test('without a command, the help goes to stderr', async () => {
  const { code, stdout, stderr } = await runFake([]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^cordwood COMMAND/);
  assert.equal((await runFake(['--help'])).stdout, stderr);
});

test('the help lists every command once and fits on a screen of 80 columns', async () => {
  const { stdout } = await runFake(['--help']);
  const lines = stdout.trimEnd().split('\n');
  for (const { name } of COMMANDS) {
    assert.equal(lines.filter((line) => line.startsWith(`  ${name} `)).length, 1, name);
  }
  assert.ok(lines.length <= 50, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, line);
});

test('the help of every command fits into 80 columns', async () => {
  for (const { name } of COMMANDS) {
    const { code, stdout, stderr } = await runFake([name, '--help'], { tty: true });
    assert.deepEqual([code, stderr], [0, ''], name);
    assert.match(stdout, new RegExp(`^cordwood ${name}`));
    assert.match(stdout, /Examples:\n(.*\n)+Exit codes|Exit codes|Examples/);
    for (const line of stdout.split('\n')) if (!line.startsWith('  ')) assert.ok(line.length <= 80, line);
  }
});

test('--verbose notes the window, the time zone and who answered', async () => {
  const end = { since: NOW - 1000, sinceDefault: true, fromSpool: 3 };
  const { stderr } = await runFake(['search', '--verbose', '--timezone', 'Asia/Kolkata'], { rows, end });
  assert.deepEqual(stderr.split('\n'), [
    '-- no server is running: reading the store itself',
    '-- searched from 2026-11-22 20:50:00.000 +05:30 to now, 2026-11-22 20:50:01.000 +05:30; times are in Asia/Kolkata',
    '-- 3 messages found in the spool, not yet in the store',
    '',
  ]);
});

test('colours are used on a terminal, unless a flag or the environment says otherwise', async () => {
  const red = [message({ severity: 3, level: 'err' })];
  const isPainted = async (argv: string[], world: World) =>
    (await runFake(['search', ...argv], { rows: red, ...world })).stdout.includes('\x1b[');
  assert.equal(await isPainted([], { tty: true }), true);
  assert.equal(await isPainted([], {}), false);
  assert.equal(await isPainted(['--color=always'], { env: { NO_COLOR: '1' } }), true);
  assert.equal(await isPainted(['--color=never'], { tty: true }), false);
  assert.equal(await isPainted([], { tty: true, env: { NO_COLOR: '1' } }), false);
  assert.equal(await isPainted([], { tty: true, env: { TERM: 'dumb' } }), false);
});

test('a cursor file is written once all rows are shown, and read by the next search', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'cursor');
  const first = await runFake(['search', '--cursor-file', file], { rows, end: { cursor: 'c1' } });
  assert.equal(first.code, 0);
  assert.equal(readFileSync(file, 'utf8'), 'c1\n');
  const second = await runFake(['search', '--cursor-file', file], { error: new CordwoodError('ERR_STORE', 'cannot') });
  assert.deepEqual(second.asked, [{ name: 'search', params: { cursor: 'c1' } }]);
  assert.equal(readFileSync(file, 'utf8'), 'c1\n', 'a failed search leaves it alone');
  writeFileSync(file, '');
  assert.deepEqual((await runFake(['search', '--cursor-file', file])).asked[0]?.params, {});
  const nowhere = await runFake(['search', '--cursor-file', join(folder.path, 'no', 'x')], { end: { cursor: 'c' } });
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /cannot write the cursor file/);
});

test('serve passes on its settings and returns the exit code of the server', async () => {
  let data = '';
  const serve = async (settings: { data: string; listen: readonly { kind: string }[] }) => {
    data = `${settings.data} ${settings.listen.map(({ kind }) => kind)}`;
    return 7;
  };
  const argv = ['serve', '--data', '/nonexistent/x', '--listen', 'tcp://127.0.0.1:0', '--listen', 'udp://127.0.0.1:0'];
  assert.equal((await runFake(argv, { services: { serve } })).code, 7);
  assert.equal(data, '/nonexistent/x tcp,udp');
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Questions } from '../../src/ask/contract.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { NOW, runFake } from './fake.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CLOCKS: readonly Questions['clocks']['row'][] = [
  {
    ...{ host: 'fw1', stamps: 'bare', zone: 'UTC', set: false, skew: 2 * HOUR - 700, at: NOW, state: 'off' },
    ...{ cause: 'zone', likely: 'Europe/Athens', others: ['Africa/Johannesburg'], left: -700 },
  },
  {
    ...{ host: 'fw2', stamps: 'bare', zone: 'UTC', set: false, skew: -5 * HOUR - 61_000, at: NOW, state: 'off' },
    ...{ cause: 'zone', likely: 'America/New_York', others: [], left: -61_000 },
  },
  { host: 'fw3', stamps: 'bare', zone: 'Asia/Tokyo', set: true, skew: 0, at: NOW, state: 'ok' },
  { host: 'fw4', stamps: 'bare', zone: '+02:00', set: true, state: 'unseen' },
  { host: 'sw1', stamps: 'bare', zone: 'UTC', set: false, skew: 7 * MINUTE, at: NOW, state: 'off', cause: 'clock' },
  { host: 'sw2', stamps: 'offset', zone: '+01:00', set: false, skew: -HOUR, at: NOW, state: 'off', cause: 'offset' },
  { host: 'sw3', stamps: 'offset', zone: '+01:00', set: false, skew: -90_000, at: NOW, state: 'unsettled' },
  { host: 'web1\u001b[2J', stamps: 'offset', zone: '+01:00', set: false, skew: 3, at: NOW, state: 'ok' },
];

test('hosts clock shows clocks that are off and zones that are set', async () => {
  const { stdout, stderr, asked } = await runFake(['hosts', 'clock'], { rows: CLOCKS });
  assert.equal(
    stdout,
    [
      '      off by  host  timestamps have  read in           finding',
      '    2h ahead  fw1   no zone          UTC               looks like Europe/Athens (or Africa/Johannesburg); with --apply it is right',
      '5h 1m behind  fw2   no zone          UTC               looks like America/New_York; with --apply it is 1m 1s behind',
      '     nothing  fw3   no zone          Asia/Tokyo (set)  right',
      '           -  fw4   no zone          +02:00 (set)      no timestamp seen yet',
      '    7m ahead  sw1   no zone          UTC               the clock is wrong: synchronise it by NTP on the host',
      '   1h behind  sw2   +01:00           -                 sends a wrong UTC offset: correct the time zone on the host',
      '',
    ].join('\n'),
  );
  assert.match(stderr, /--apply sets the time zone of 2 hosts, overriding zones: and listen: in the configuration/);
  assert.deepEqual(asked, [{ name: 'clocks', params: { action: 'list', hosts: [] } }]);
});

test('hosts clock shows all clocks with --all, the named ones, or a note if none is off', async () => {
  const all = await runFake(['hosts', 'clock', '--all'], { rows: CLOCKS });
  assert.match(
    all.stdout,
    /^1m 30s behind {2}sw3 .* behind, or its messages arrive late: check again in a few minutes$/m,
  );
  assert.match(all.stdout, /web1\\x1b\[2J/);
  const one = await runFake(['hosts', 'clock', 'web1'], { rows: CLOCKS.slice(-1) });
  assert.match(one.stdout, /right\n$/);
  const none = await runFake(['hosts', 'clock'], { rows: CLOCKS.slice(-1) });
  assert.deepEqual([none.stdout, none.code], ['', 0]);
  assert.match(none.stderr, /1 clock, none of them off by a minute or more/);
  assert.match((await runFake(['hosts', 'clock'], { rows: [] })).stderr, /no timestamp has been seen yet/);
});

test('hosts clock sets the likely zone or a chosen one, and unsets it', async () => {
  const changes = [{ host: 'fw1', before: 'UTC', zone: 'Europe/Athens' }];
  const ok = async (args: readonly string[], params: object, line: RegExp) => {
    const { stdout, asked } = await runFake(['hosts', 'clock', ...args], { rows: changes });
    assert.deepEqual(asked, [{ name: 'clocks', params }]);
    assert.match(stdout, line);
  };
  const read = /^fw1: timestamps are read in Europe\/Athens from now on, not in UTC\n$/;
  await ok(['--apply'], { action: 'set', hosts: [] }, read);
  await ok(['--apply', 'fw1'], { action: 'set', hosts: ['fw1'] }, read);
  await ok(
    ['--apply', '--zone', 'Europe/Athens', 'fw1'],
    { action: 'set', hosts: ['fw1'], zone: 'Europe/Athens' },
    read,
  );
  await ok(
    ['--unset', 'fw1'],
    { action: 'unset', hosts: ['fw1'] },
    /^fw1: zone no longer set; its timestamps are read in Europe\/Athens again, not in UTC\n$/,
  );
  const json = await runFake(['hosts', 'clock', '--apply', '-o', 'json'], { rows: changes });
  assert.deepEqual(JSON.parse(json.stdout), changes[0]);
});

test('hosts expect reads names from a file, and takes a time for their first message', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'hosts.txt');
  writeFileSync(file, 'web1\n\n# the databases\ndb1 # since May\n  db2\n');
  const hosts = ['web1', 'db1', 'db2'];
  const expect = async (...args: string[]) => await runFake(['hosts', 'expect', ...args, file], { rows: [] });
  const { asked, stderr, code } = await expect('--within', '1h');
  assert.deepEqual(asked, [{ name: 'hosts', params: { action: 'expect', hosts, within: HOUR } }]);
  assert.deepEqual([stderr, code], ['-- done: takes effect within a minute, or when the server next starts\n', 0]);
  assert.deepEqual((await expect()).asked, [{ name: 'hosts', params: { action: 'expect', hosts } }]);
  for (const within of ['59s', '32d', 'soon']) {
    const bad = await expect('--within', within);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, new RegExp(`cannot read --within ${within}: it takes a duration from 1m to 31d, e.g. 1h`));
  }
  const misplaced = await runFake(['hosts', '--within', '1h'], { rows: [] });
  assert.match(misplaced.stderr, /cannot use --within here: it belongs to cordwood hosts expect/);
});

test('hosts shows how long an expected host may take', async () => {
  const row = { host: 'db1', messages: 0, first: NOW, last: NOW, transports: [], formats: [], expectedSince: NOW };
  const shown = async (more: object) => (await runFake(['hosts'], { rows: [{ ...row, ...more }] })).stdout;
  assert.match(await shown({ expectedWithin: HOUR }), /db1 +never .* expected within 1h\n$/);
  assert.match(await shown({}), /expected within 1d\n$/);
  assert.match(await shown({ silentSince: NOW - HOUR }), /SILENT for 1h\n$/);
});

test('hosts shows the hosts that are named, with wildcards and lists, and near names for others', async () => {
  const rows = ['web1', 'web2', 'DB1'].map((host) => ({
    ...{ host, messages: 1, first: NOW, last: NOW, transports: ['tcp' as const], formats: ['rfc5424' as const] },
    ...(host === 'web2' && { silentSince: NOW - HOUR }),
  }));
  const shown = async (...args: string[]) => {
    const { stdout, stderr, code, asked } = await runFake(['hosts', ...args], { rows });
    assert.deepEqual([code, asked], [0, [{ name: 'hosts', params: { action: 'list' } }]]);
    const names = stdout.split('\n').slice(1, -1);
    return [names.map((line) => line.trim().split(/ +/)[1]), stderr];
  };
  assert.deepEqual(await shown('web1'), [['web1'], '']);
  assert.deepEqual(await shown('WEB*', 'db1'), [['web1', 'web2', 'DB1'], '']);
  assert.deepEqual(await shown('web[12]', '--silent'), [['web2'], '']);
  assert.deepEqual(await shown('web1', '--silent'), [[], '-- no host is silent\n']);
  const unknown = 'no host "wbe1" is in the ledger, which is saved every minute; did you mean "web1"?';
  assert.deepEqual(await shown('wbe1'), [[], `-- ${unknown}\n`]);
  const mistyped = await runFake(['hosts', 'expct', 'hosts.txt'], { rows });
  assert.equal(mistyped.code, 2);
  assert.match(mistyped.stderr, /cannot run hosts "expct": did you mean "expect"\?/);
});

test('hosts refuses flags that contradict each other or lack a host', async () => {
  const bad = async (args: readonly string[], reason: RegExp) => {
    const { code, stderr } = await runFake(['hosts', ...args], { rows: [] });
    assert.equal(code, 2);
    assert.match(stderr, reason);
  };
  await bad(['clock', '--apply', '--unset', 'fw1'], /cannot use --apply and --unset together/);
  await bad(['clock', '--zone', 'UTC', 'fw1'], /cannot use --zone alone/);
  await bad(
    ['clock', '--apply', '--zone', 'UTC'],
    /cannot use --zone alone: write cordwood hosts clock --apply --zone ZONE HOST/,
  );
  await bad(['retire'], /cannot retire a host: name it/);
  await bad(['expect'], /cannot expect hosts: name a file with one host per line/);
  await bad(['clock', '--unset'], /cannot unset a time zone without a host: write cordwood hosts clock --unset HOST/);
  await bad(['--apply'], /cannot use --apply here: it belongs to cordwood hosts clock/);
});

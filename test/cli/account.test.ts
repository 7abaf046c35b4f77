import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Gap } from '../../src/account/contract.ts';
import { gapLine } from '../../src/cli/views/gap-line.ts';
import { message, NOW, runFake } from './fake.ts';

const HOUR = 3_600_000;
const nothing = { received: 0, stored: 0, dropped: 0, limited: 0, dead: 0, waiting: 0, lost: 0 };
const beside = { node: 1, kernel: 0, refused: 0, unexplained: 0, reasons: {} };

const ACCOUNT: Account = {
  since: NOW - HOUR,
  until: NOW,
  listeners: [
    {
      ...beside,
      ...nothing,
      name: 'udp0',
      received: 1300,
      stored: 1234,
      limited: 50,
      lost: 16,
      kernel: 7,
      refused: 3,
      reasons: { rate: 50, spool_full: 16, kernel: 7, not_allowed: 3 },
    },
    { ...beside, ...nothing, name: 'tcp0', received: 12, stored: 5, dropped: 4, dead: 1, waiting: 2 },
  ],
  hosts: [
    { name: 'web1', stored: 1230, dropped: 4, dead: 1, waiting: 0 },
    { name: '', stored: 9, dropped: 0, dead: 0, waiting: 0 },
  ],
  stages: [{ name: 'drop0', dropped: 4 }],
  total: { received: 1312, stored: 1239, dropped: 4, limited: 50, dead: 1, waiting: 2, lost: 16 },
  faults: [],
};

test('account shows its tables and whether it balances', async () => {
  const { stdout, code } = await runFake(['account', '--utc', '-S', '-1h'], { rows: [ACCOUNT] });
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `from 2026-11-22 14:20:01 to 2026-11-22 15:20:01

listener  received  stored  by a rule  by a limit  dead letters  in the spool  lost  | kernel  refused
tcp0            12       5          4           0             1             2     0         0        0
udp0         1,300   1,234          0          50             0             0    16         7        3
total        1,312   1,239          4          50             1             2    16         7        3

reason               listener  messages
dropped.rate         udp0            50
dropped.spool_full   udp0            16
dropped.kernel       udp0             7
dropped.not_allowed  udp0             3

rule   dropped
drop0        4

host  stored  by a rule  dead letters  in the spool
web1   1,230          4             1             0
-          9          0             0             0

the account balances: every received message is accounted for, but 16 were lost, and 7 more were dropped by the kernel
`,
  );
});

test('account lists faults, and exits 3 for them with --strict', async () => {
  const row = { ...ACCOUNT, faults: ['tcp0: 5 messages were received and are nowhere: …'] };
  const { stdout, code } = await runFake(['account', '-n', '1'], { rows: [row] });
  assert.equal(code, 0);
  assert.match(stdout, /\nthe account does not balance:\n {2}tcp0: 5 messages were received and are nowhere: …\n$/);
  assert.match(stdout, /\n… and 1 more host; -n all shows all of them\n/);
  assert.equal((await runFake(['account', '--strict'], { rows: [row] })).code, 3);
  assert.equal((await runFake(['account', '--strict'], { rows: [ACCOUNT] })).code, 0);
  const gaps: Gap[] = [{ from: NOW, to: NOW + 1, reason: 'outage' }];
  assert.equal((await runFake(['account', '--strict'], { rows: [ACCOUNT], end: { gaps } })).code, 3);
});

test('account --verify says which days were not compared', async () => {
  const row = { ...ACCOUNT, comparedSince: Date.UTC(2026, 10, 21) };
  const { stdout, code } = await runFake(['account', '--verify'], { rows: [row] });
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\n\nthe days before 2026-11-21 \(UTC\) were not compared with the store: retention has removed/,
  );
});

test('account asks for the window of its flags, and prints JSON', async () => {
  const { asked } = await runFake(['account', '-S', 'all', '-U', '@1790000000', '--verify'], { rows: [ACCOUNT] });
  assert.deepEqual(asked, [{ name: 'account', params: { since: 'all', until: 1_790_000_000_000, verify: true } }]);
  const gaps: Gap[] = [{ from: NOW, to: NOW + 1, reason: 'kernel', listener: 'udp0', count: 3 }];
  const { stdout, stderr } = await runFake(['account', '-o', 'json'], { rows: [ACCOUNT], end: { gaps } });
  assert.deepEqual(JSON.parse(stdout), { ...ACCOUNT, gaps });
  assert.match(stderr, /^-- .*: udp0: 3 datagrams dropped by the kernel: the receive buffer was full\n$/);
});

test('account escapes a hostile host name', async () => {
  const row = { ...ACCOUNT, hosts: [{ name: '\x1b[31mred', stored: 1, dropped: 0, dead: 0, waiting: 0 }] };
  for (const output of ['text', 'json']) {
    const { stdout } = await runFake(['account', '-o', output], { rows: [row], tty: true });
    assert.doesNotMatch(stdout, /\x1b\[31m/);
  }
});

test('account says in its answer when nothing listened, though it balances', async () => {
  const gaps = [
    { from: NOW - HOUR, to: NOW - HOUR / 2, reason: 'outage' as const },
    { from: NOW - 60_000, to: NOW, reason: 'outage' as const, node: 2 },
    { from: NOW - 60_000, to: NOW, reason: 'kernel' as const, listener: 'udp0', count: 1 },
  ];
  const { stdout } = await runFake(['account', '--utc'], { rows: [ACCOUNT], end: { gaps } });
  const told = `
nothing listened from 2026-11-22 14:20:01 to 14:50:01 (30m): no server was running
receiver 2 did not listen from 2026-11-22 15:19:01 to 15:20:01 (1m): receiver 2 was not running
what was sent then is in no count
`;
  assert.ok(stdout.endsWith(told), stdout);
  assert.match(stdout, /the account balances/);
});

test('every gap has a sentence for people', () => {
  const line = gapLine('UTC');
  const gap = (more: Partial<Gap>): string => line({ from: NOW, to: NOW + 123_000, reason: 'outage', ...more });
  const when = '2026-11-22 15:20:01 to 15:22:04 (2m 3s): ';
  for (const [more, expected] of [
    [{}, `${when}no server was running`],
    [{ node: 2 }, `${when}receiver 2 was not running`],
    [{ node: 2, reason: 'spool_full' as const }, `${when}receiver 2: nothing was received: the spool was full`],
    [{ open: true as const }, '2026-11-22 15:20:01 to now (2m 3s): no server was running'],
    [{ to: NOW + 10 }, '2026-11-22 15:20:01 to 15:20:01 (1s): no server was running'],
    [{ to: NOW + 50 * HOUR }, '2026-11-22 15:20:01 to 2026-11-24 17:20:01 (2d 2h): no server was running'],
    [{ reason: 'spool_full' }, `${when}nothing was received: the spool was full`],
    [{ reason: 'spool_full', listener: 'udp0', count: 1 }, `${when}udp0: 1 message dropped: the spool was full`],
    [{ reason: 'disk_refused' }, `${when}nothing was received: the spool could not be written`],
    [
      { reason: 'disk_refused', listener: 'udp0', count: 2 },
      `${when}udp0: 2 messages lost: the spool could not be written`,
    ],
    [{ reason: 'limited', listener: 'udp0', count: 2000 }, `${when}udp0: 2,000 messages dropped by a limit`],
    [{ reason: 'lost', listener: 'tcp0', count: 2 }, `${when}tcp0: 2 messages lost before reaching the disk`],
    [
      { reason: 'sequence', listener: 'tcp0', host: 'h', count: 1 },
      `${when}tcp0: 1 message from h missing, by the sender's own count`,
    ],
    [{ reason: 'damaged', count: 9 }, `${when}9 messages lost: the spool is damaged there`],
  ] as const) {
    assert.equal(gap(more), expected);
  }
});

test('a gap is a line in formats for people, and a note in formats for programs', async () => {
  const missing = { _missing: { from: NOW, to: NOW + 2000, reason: 'outage' } };
  const rows = [message(), missing];
  const text = '2026-11-22 15:20:01 to 15:20:03 (2s): no server was running';
  for (const format of ['short', 'short-iso', 'short-full', 'verbose']) {
    const { stdout, stderr } = await runFake(['search', '--utc', '-o', format], { rows });
    assert.ok(stdout.endsWith(`\n-- ${text}\n`), format);
    assert.equal(stderr, '');
  }
  for (const format of ['json', 'csv', 'cat', 'raw', 'logfmt']) {
    const { stdout, stderr } = await runFake(['search', '--utc', '-o', format], { rows });
    assert.doesNotMatch(stdout, /no server/, format);
    const rebuilt = format === 'raw' ? /^-- the bytes as received of 1 message are not kept: .*\n/m : '';
    assert.equal(stderr.replace(rebuilt, ''), `-- ${text}\n`, format);
    assert.equal((await runFake(['search', '-q', '-o', format], { rows })).stderr, '');
  }
  const hostile = { _missing: { ...missing._missing, reason: 'sequence', host: '\x1b[2Jx', count: 1 } };
  const { stdout } = await runFake(['search', '--color', 'never'], { rows: [hostile], tty: true });
  assert.doesNotMatch(stdout, /\x1b/);
});

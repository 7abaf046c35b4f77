import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamsReport } from '../../src/ask/contract.ts';
import { NOW, runFake } from './fake.ts';

const DAY = 86_400_000;
const REPORT: StreamsReport = {
  streams: [
    {
      name: 'auth',
      match: 'facility:auth',
      keep: 365 * DAY,
      maxSize: 2 ** 31,
      importance: 'high',
      configured: true,
      messages: 1_234_567,
      bytes: 5 * 2 ** 20,
      first: '2026-10-01',
      last: '2026-11-22',
      growth: 2 ** 20,
      next: { day: '2026-10-01', at: Date.UTC(2027, 9, 2), bytes: 2048 },
      taken: { stream: 'auth', until: Date.UTC(2026, 9, 1), why: 'max_disk' },
    },
    { name: 'former', importance: 'normal', configured: false, messages: 0, bytes: 0 },
  ],
  bytes: 5 * 2 ** 20,
  growth: 2 ** 20,
  maxDisk: 50 * 2 ** 30,
  disk: { size: 100 * 2 ** 30, free: 60 * 2 ** 30 },
  full: { at: Date.UTC(2027, 0, 3), of: 'max_disk' },
  holds: 1,
};

test('streams shows a table, what expires and when the disk is full', async () => {
  const { stdout, code } = await runFake(['streams'], { rows: [REPORT] });
  assert.equal(
    stdout,
    [
      'stream  importance  kept                      at most  since        messages  bytes  per day',
      'auth    high        365d                      2 GiB    2026-10-01  1,234,567  5 MiB    1 MiB',
      'former  normal      forever (not configured)  -        -                   0    0 B        -',
      '',
      'auth: what arrived before 2026-10-01 00:00 UTC was removed: over max_disk',
      'auth: 2026-10-01 expires at 2027-10-02 00:00 UTC (2 KiB)',
      'all streams: 5 MiB of at most 50 GiB, growing by 1 MiB a day; 60 GiB of 100 GiB free on the disk',
      'at this rate, max_disk is reached on 2027-01-03: then the least important stream loses its oldest messages',
      'holds: 1; cordwood hold list shows them',
      '',
    ].join('\n'),
  );
  assert.equal(code, 0);
});

test('streams forecasts a disk that fills up, and one that does not', async () => {
  const { maxDisk: _, full: __, ...rest } = REPORT;
  const full = { at: Date.UTC(2027, 0, 3), of: 'disk' as const };
  const fills = await runFake(['streams'], { rows: [{ ...rest, holds: 0, full }] });
  assert.match(fills.stdout, /at this rate, the disk is full on 2027-01-03: set max_disk, or keep less\n$/);
  assert.match(
    (await runFake(['streams'], { rows: [rest] })).stdout,
    /at this rate, there is room for the next three years/,
  );
  const { growth: ___, ...young } = rest;
  const { stdout } = await runFake(['streams'], { rows: [young] });
  assert.match(
    stdout,
    /^all streams: 5 MiB; 60 GiB of 100 GiB free.*\ngrowth is known one hour after the first message$/m,
  );
});

test('streams -o json prints the report', async () => {
  const { stdout } = await runFake(['streams', '-o', 'json'], { rows: [REPORT] });
  assert.deepEqual(JSON.parse(stdout), REPORT);
});

const HOLD = { name: 'case-17', since: NOW, query: 'a\x1b', why: 'because', addedAt: NOW };

test('hold add asks for the scope of its flags', async () => {
  const argv = [
    'hold',
    'add',
    '-S',
    '-1h',
    '-U',
    'now',
    '-H',
    'web*',
    'disk',
    '--why',
    'x',
    '--name',
    'case-17',
    '--utc',
  ];
  const { asked, stdout, code } = await runFake(argv, { rows: [{ ...HOLD, messages: 1 }] });
  assert.deepEqual(asked, [
    {
      name: 'hold-add',
      params: {
        name: 'case-17',
        why: 'x',
        query: 'disk',
        filters: [{ text: 'hostname:web*', flag: '-H web*' }],
        since: NOW - 3_600_000,
        until: NOW,
        zone: 'UTC',
      },
    },
  ]);
  assert.deepEqual([stdout, code], ['case-17 keeps 1 message so far\n', 0]);
  const other = await runFake(['hold', 'add', '-S', 'all', '--query', 'disk', '--why', 'x'], { rows: [] });
  assert.equal(other.asked[0]!.params['query'], 'disk');
});

test('hold list shows holds, and hold release names the one released', async () => {
  const listed = await runFake(['hold', 'list'], { rows: [HOLD] });
  assert.match(
    listed.stdout,
    /^hold {5}from .*\ncase-17 {2}2026-11-22T15:20:01Z {2}no end {2}2026-11-22T15:20:01Z {2}a.{1,6} {2}because\n$/,
  );
  assert.ok(!listed.stdout.includes('\x1b'));
  assert.equal((await runFake(['hold', 'list'])).stdout, 'no holds\n');
  const released = await runFake(['hold', 'release', 'case-17'], { rows: [HOLD] });
  assert.deepEqual([released.asked[0]!.params, released.stdout], [{ name: 'case-17' }, 'case-17 is released\n']);
  const json = await runFake(['hold', 'list', '-o', 'json'], { rows: [HOLD] });
  assert.deepEqual(JSON.parse(json.stdout), HOLD);
});

for (const [argv, reason] of [
  [['hold'], /cannot run hold: write cordwood hold add, cordwood hold list or cordwood hold release NAME/],
  [['hold', 'drop', 'x'], /cannot run hold: write cordwood hold add, cordwood hold list or cordwood hold release NAME/],
  [['hold', 'release'], /cannot run hold: write cordwood hold add, cordwood hold list or cordwood hold release NAME/],
  [['hold', 'add', '-S', 'all'], /cannot add a hold without a reason: add --why/],
  [['hold', 'add', '--why', 'x'], /without a window/],
] as const) {
  test(`${argv.join(' ')} is refused`, async () => {
    const { code, stderr, asked } = await runFake(argv);
    assert.match(stderr, reason);
    assert.deepEqual([code, asked], [2, []]);
  });
}

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { runFake } from './fake.ts';

type Row = Record<string, unknown>;
const FIXED = ['--now', '2026-11-22T15:20:02Z', '--zone', 'UTC'];

async function parsed(stdin: (string | Uint8Array)[], ...flags: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await runFake(['parse', ...FIXED, ...flags], { stdin });
  assert.deepEqual([code, stderr], [0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('parse shows a line as it would be stored', async () => {
  const [row, ...rest] = await parsed(
    ['<38>Nov 22 16:20:01 web1 sshd[1234]: hello\n'],
    '--peer',
    '192.0.2.7',
    '--zone',
    '+01:00',
  );
  assert.equal(rest.length, 0);
  assert.deepEqual(row, {
    _id: '01a20357a45000000000000000000001'.replace(
      /^.{12}/,
      Date.UTC(2026, 10, 22, 15, 20, 2).toString(16).padStart(12, '0'),
    ),
    received_at: '2026-11-22T15:20:02.000Z',
    timestamp: '2026-11-22T15:20:01.000Z',
    facility: 4,
    severity: 6,
    level: 'info',
    hostname: 'web1',
    appname: 'sshd',
    procid: '1234',
    message: 'hello',
    source: { ip: '192.0.2.7', port: 0, transport: 'tcp', listener: 'tcp0' },
    stream: 'default',
    format: 'rfc3164',
    flags: ['year_guessed', 'tz_assumed'],
  });
});

function texts(name: string, stdin: (string | Uint8Array)[], want: string[], ...flags: string[]): void {
  test(name, async () => {
    const rows = await parsed(stdin, ...flags);
    assert.deepEqual(
      rows.map(({ message }) => message),
      want,
    );
  });
}

texts(
  'lines may end in LF, CR LF or nothing',
  ['one two\r\nthr', 'ee four\n\n\n', 'five six'],
  ['one two', 'three four', 'five six'],
);
texts('by default, a count is part of the line', ['<13>1 - - - - - - a\n9 <13>hello'], ['a', '9 <13>hello']);
texts(
  '--framing octet reads counts, then lines',
  ['19 <13>1 - - - - - - a20 <13>1 - - - - - - bb<13>1 - - - - - - c\n'],
  ['a', 'bb', 'c'],
  '--framing',
  'octet',
);
texts('--framing auto reads counts, too', ['19 <13>1 - - - - - - a'], ['a'], '--framing', 'auto');
texts('no input gives no output', [], []);

test('a line beyond 64 KiB is cut once and flagged', async () => {
  const rows = await parsed(['x y', 'z'.repeat(70_000), '\nnext line\n']);
  assert.equal(rows.length, 2);
  assert.deepEqual(
    [rows[0]?.['length'], rows[0]?.['flags']],
    [70_003, ['no_pri', 'no_timestamp', 'no_hostname', 'truncated']],
  );
  assert.equal(rows[1]?.['message'], 'next line');
});

test('other formats and fields', async () => {
  const stdin = ['<11>Nov 22 15:20:01 web1 sshd[1]: hi\n'];
  assert.equal(
    (await runFake(['parse', ...FIXED, '-o', 'short', '--utc'], { stdin })).stdout,
    'Nov 22 15:20:01 web1 sshd[1]: hi\n',
  );
  assert.equal(
    (await runFake(['parse', ...FIXED, '-o', 'csv', '--fields', 'host,level'], { stdin })).stdout,
    'hostname,level\r\nweb1,err\r\n',
  );
});

test('whatever comes in, as many messages come out as there are lines', async () => {
  const line = fc
    .uint8Array({ minLength: 1, maxLength: 80 })
    .map((bytes) => bytes.map((byte) => (byte === 10 || byte === 13 ? 32 : byte)));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
      const rows = await parsed([Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')]))]);
      assert.equal(rows.length, lines.length);
    }),
    { numRuns: 50 },
  );
});

test('--listener applies the limits and the zone of a configured listener', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'cordwood.yaml');
  writeFileSync(
    file,
    'listen: [{kind: tcp, name: short, address: "127.0.0.1:5514", max_frame: 480B, zone: "+02:00"}]\n',
  );
  const stdin = [`<13>Nov 22 17:20:01 web1 app: ${'x'.repeat(600)}\n`];
  const args = ['parse', '--now', '2026-11-22T15:20:02Z', '--config', file, '--listener'];
  const { code, stdout } = await runFake([...args, 'short'], { stdin });
  const row = JSON.parse(stdout);
  assert.deepEqual(
    [code, row.length, row.message.length, row.timestamp, row.source.listener],
    [0, 630, 450, '2026-11-22T15:20:01.000Z', 'short'],
  );
  const { code: wrong, stderr } = await runFake([...args, 'other'], { stdin });
  assert.equal(wrong, 2);
  assert.match(stderr, /cannot use --listener other: the configuration has no listener of that name, only short/);
});

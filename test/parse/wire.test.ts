import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogMessage } from '../../src/model/message.ts';
import { parsed, read } from './support.ts';

/** What rsyslogd 8.2302 has sent, by channel; the bytes are written as latin-1. */
const CAPTURE = join(import.meta.dirname, '../fixtures/wire/rsyslog-8.2302.jsonl');
type Line = {
  readonly t: number;
  readonly ch: string;
  readonly conn: number;
  readonly dir: string;
  readonly b: string;
};
const LINES = readFileSync(CAPTURE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)
  .filter((line) => line.dir === 'in' && line.b !== '<EOF>');

/** The frames of a channel with their arrivals; each write has whole frames. */
function framesOf(channel: string, split: (bytes: string) => string[]): LogMessage[] {
  return LINES.filter((line) => line.ch === channel).flatMap((line) =>
    split(line.b).map((frame) => read({ bytes: Buffer.from(frame, 'latin1'), receivedAt: Math.floor(line.t * 1000) })),
  );
}

const lines = (bytes: string) => bytes.split('\n').filter((line) => line !== '');
const counted = (bytes: string) => {
  const frames: string[] = [];
  for (let rest = bytes; rest !== ''; ) {
    const [head, count] = /^(?:\d+ syslog )?(\d+) /.exec(rest) ?? [];
    assert.ok(head !== undefined, `a count begins ${JSON.stringify(rest)}`);
    frames.push(rest.slice(head.length, head.length + Number(count)));
    rest = rest.slice(head.length + Number(count)).replace(/^\n/, '');
  }
  return frames;
};
const either = (bytes: string) => (/^\d/.test(bytes) ? counted(bytes) : lines(bytes));
const syslog = (bytes: string) => (/^\d+ syslog /.test(bytes) ? counted(bytes) : []);

const X = 'x'.repeat(120);
/** Priority, stamp, app, pid and text of each message. */
const SENT: readonly (readonly [number, string, string, string | undefined, string])[] = [
  [38, '2026-11-22T16:20:01.000Z', 'sshd', '1234', 'Accepted publickey m1'],
  [38, '2026-11-02T06:20:01.000Z', 'a-very-long-program-name-exceedi', undefined, 'long tag m2'],
  [165, '2026-11-22T16:20:01.000Z', 'myapp', '8710', 'hello ü m3'],
  [165, '2026-11-22T16:20:01.000Z', 'myapp', undefined, `line1#012line2#011tab m4 ${X}`],
  [13, '2026-11-22T16:20:02.000Z', 'app', undefined, 'FAIL m5'],
  [13, '2026-11-22T16:20:03.000Z', 'app', undefined, 'after m6'],
  [13, '2026-11-22T16:20:04.000Z', 'app', undefined, 'after m7'],
  [13, '2026-11-22T16:20:05.000Z', 'app', undefined, 'm8'],
  [13, '2026-11-22T16:20:06.000Z', 'app', undefined, 'm9'],
  [13, '2026-11-22T16:20:07.000Z', 'app', undefined, 'm10'],
];

/** m4 was sent without a process, and then rsyslog's BSD templates write no colon: the word stays in the text. */
function untagged(index: number, want: Record<string, unknown>): Record<string, unknown> {
  if (index !== 3) return want;
  const { appname, ...rest } = want;
  return { ...rest, message: `${appname} ${want['message']}` };
}

function expected(index: number, flags: readonly string[]): Record<string, unknown> {
  const [priority, timestamp, appname, procid, message] = SENT[index]!;
  return {
    timestamp,
    facility: priority >> 3,
    severity: priority & 7,
    hostname: 'web1',
    appname,
    ...(procid !== undefined && { procid }),
    message,
    format: 'rfc3164',
    flags,
  };
}

for (const [channel, split] of [
  ['udp', (bytes: string) => [bytes]],
  ['tcp-trad', lines],
  ['tcp-zip', either],
] as const) {
  test(`what rsyslog sends by default over ${channel} is read field by field`, () => {
    const messages = framesOf(channel, split);
    assert.equal(messages.length, SENT.length);
    for (const [index, message] of messages.entries()) {
      // The sender sends no zone, and the stamp of m2 is weeks old.
      const flags = ['year_guessed', 'tz_assumed', ...(index === 1 ? ['clock_skew'] : [])];
      if (channel === 'tcp-zip' && index === 3) flags.push('compressed');
      assert.deepEqual(parsed(message), untagged(index, expected(index, flags)), SENT[index]![4]);
    }
  });
}

test('RSYSLOG_ForwardFormat over RELP is read field by field', () => {
  const messages = framesOf('relp-ack', syslog);
  assert.equal(messages.length, SENT.length);
  for (const [index, message] of messages.entries()) {
    const wanted = { ...expected(index, index === 1 ? ['clock_skew'] : []), timestamp_offset: 0 };
    const stamp = { timestamp: '2026-11-22T14:20:01.123Z', timestamp_us: 456, timestamp_offset: 120 };
    assert.deepEqual(parsed(message), untagged(index, { ...wanted, ...(index === 2 && stamp) }), SENT[index]![4]);
  }
});

test('RSYSLOG_SyslogProtocol23Format in counted frames is read field by field', () => {
  const messages = framesOf('tcp-octet', counted);
  assert.equal(messages.length, SENT.length);
  for (const [index, message] of messages.entries()) {
    const { message: text, ...rest } = expected(index, index === 1 ? ['clock_skew'] : []);
    const wanted = { ...rest, message: text, version: 1, format: 'rfc5424' };
    const own = {
      1: { appname: 'a-very-long-program-name-exceeding-limit', procid: '123456' },
      2: {
        timestamp: '2026-11-22T14:20:01.123Z',
        timestamp_us: 456,
        timestamp_offset: 120,
        msgid: 'ID47',
        structured_data: { 'ex@32473': { k: 'v]' } },
      },
    }[index];
    assert.deepEqual(parsed(message), { timestamp_offset: 0, ...wanted, ...own }, String(text));
  }
});

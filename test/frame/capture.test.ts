import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { createFramer } from '../../src/frame/framer.ts';
import { assertSplitLaw } from './splits.ts';

type Chunk = { readonly ch: string; readonly conn: number; readonly dir: string; readonly b: string };

/** What a Debian rsyslogd 8.2302 sent, channel by channel. */
const CAPTURE = readFileSync(join(import.meta.dirname, '../fixtures/wire/rsyslog-8.2302.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Chunk => JSON.parse(line));

/** The capture's mark for a connection that the sender closed. */
const END = '<EOF>';

function streamOf(channel: string): Buffer {
  const chunks = CAPTURE.filter((chunk) => chunk.ch === channel && chunk.dir === 'in' && chunk.b !== END);
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk.b, 'latin1')));
}

/** Messages of a channel, split at every offset; rsyslog writes a compressed one as `z` and the zlib stream. */
function messagesOf(channel: string): string[] {
  const frames = assertSplitLaw(() => createFramer({ maxFrame: 8192 }), streamOf(channel));
  for (const frame of frames) assert.equal(frame.flags, 0, frame.text);
  return frames.map(({ text }) =>
    text.startsWith('z') ? inflateSync(Buffer.from(text.slice(1), 'latin1')).toString('latin1') : text,
  );
}

test('the three TCP framings of rsyslog give the same messages', () => {
  const datagrams = CAPTURE.filter((chunk) => chunk.ch === 'udp').map((chunk) => chunk.b);
  assert.ok(datagrams.length > 5, 'the capture has datagrams');
  assert.deepEqual(messagesOf('tcp-trad'), datagrams);
  assert.deepEqual(messagesOf('tcp-zip'), datagrams);
  const counted = messagesOf('tcp-octet');
  assert.equal(counted.length, datagrams.length);
  for (const message of counted) assert.match(message, /^<\d+>1 2026-/);
});

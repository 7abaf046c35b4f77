import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { safeLog } from '../../src/cli/io/safe-log.ts';

test('the log of the server has no character that acts on a terminal, and stays the same JSON', () => {
  const lines: string[] = [];
  const log = pino({ base: null }, safeLog({ write: (line: string) => lines.push(line) }));
  const names = '\u009b31mred \u202eabc\u202c \u200b\u2028\x7f\x1b[0m grün';
  log.warn({ names }, `refused ${names}`);
  const [line, ...more] = lines as [string, ...string[]];
  assert.equal(more.length, 0);
  assert.match(line, /^[^\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]*\n$/);
  assert.match(line, /grün/);
  const read = JSON.parse(line);
  assert.deepEqual([read.names, read.msg], [names, `refused ${names}`]);
});

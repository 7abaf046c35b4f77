import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoTime } from '../../src/base/text/iso-time.ts';
import { fromJson, jsonText, toJson } from '../../src/model/json.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { batchOf, messagesOf } from '../support/batches.ts';
import fc from '../support/fc.ts';
import { sample } from '../store/suite/tools.ts';

/** A message with every key; a new key does not compile until it is here, and fails until it is written. */
const EVERYTHING: Required<LogMessage> & { _context: true } = {
  _id: '01a2033f0c6800010000000000000001',
  received_at: new Date(1_763_824_801_123),
  timestamp: new Date(-1),
  timestamp_us: 0,
  timestamp_offset: -60,
  facility: 4,
  severity: 6,
  level: 'info',
  hostname: 'we"b1',
  appname: 'a\\b',
  procid: '1\n',
  msgid: '\ud800',
  version: 1,
  structured_data: { ip: { 'a"b': 'c' } },
  structured_text: '[ip a="b"]',
  fields: { user: ['ada', null], n: -0.5 },
  message: 'x"y\u2028\udc00\0'.repeat(40),
  source: { ip: '192.0.2.7', port: 40_000, transport: 'tls', listener: 'tcp"0', peer_cn: 'Übung' },
  stream: 'default',
  format: 'rfc5424',
  flags: ['truncated', 'partial'],
  length: 70_000,
  held: 'case "7"',
  _context: true,
  raw: new Uint8Array([0, 255, 10]),
};

test('law: a message written as text is what its object would be', () => {
  const messages = messagesOf(batchOf(sample(600), { from: 100 }));
  for (const message of [...messages, EVERYTHING, { ...EVERYTHING, source: { ...EVERYTHING.source, port: 1 } }]) {
    assert.deepEqual(JSON.parse(jsonText(message)), JSON.parse(JSON.stringify(toJson(message))));
  }
  assert.equal(jsonText(EVERYTHING), JSON.stringify(toJson(EVERYTHING)), 'in the same order');
  assert.deepEqual(fromJson(JSON.parse(jsonText({ ...EVERYTHING, msgid: '-', message: '' }))), {
    ...EVERYTHING,
    msgid: '-',
    message: '',
  });
});

test('law: a time is written as Date writes it', () => {
  const times = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const near = fc.integer({ min: 1_763_824_800_000, max: 1_763_824_802_000 });
  const law = fc.property(fc.oneof(times, near), (ms) => assert.equal(isoTime(ms), new Date(ms).toISOString()));
  fc.assert(law, { numRuns: 2000 });
  assert.equal(isoTime(0.5), '1970-01-01T00:00:00.000Z');
  for (const beyond of [8.64e15 + 1000, Number.NaN, Infinity]) assert.throws(() => isoTime(beyond), RangeError);
});

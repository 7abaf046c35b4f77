import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { formatStructuredData } from '../../src/model/structured-data.ts';
import { structuredKeys } from '../../src/model/structured-object.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { SEVERITIES } from '../../src/model/priority.ts';
import { formatRfc5424 } from '../../src/parse/index.ts';
import { parsed, read } from './support.ts';

const PLAIN = { noNullPrototype: true } as const;
const print = (limit: number) =>
  fc
    .string({
      unit: fc.constantFrom(...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))),
      minLength: 1,
      maxLength: limit,
    })
    .filter((text) => text !== '-');
const name = print(32).filter((text) => !/[="\]]/.test(text));
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((it) => Buffer.from(it).toString());
const element = fc.record(
  { id: name, params: fc.array(fc.record({ name, value: text }, PLAIN), { maxLength: 3 }) },
  PLAIN,
);
/** Words in brackets without parameters are text, unless RFC 5424 §6.3.2 allows them as SD-IDs. */
const elements = fc
  .array(element, { minLength: 1, maxLength: 3 })
  .filter((list) => list.some(({ params }) => params.length > 0) || list.every(({ id }) => id.includes('@')));
/** Messages that RFC 5424 senders can send. */
const messages = fc
  .record(
    {
      timestamp: fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true }),
      timestamp_us: fc.nat(999),
      timestamp_offset: fc.integer({ min: -1439, max: 1439 }),
      facility: fc.nat(23),
      severity: fc.nat(7),
      hostname: print(255),
      appname: print(48).filter((it) => !it.endsWith(':')),
      procid: print(128),
      msgid: print(32),
      version: fc.integer({ min: 1, max: 999 }),
      structured_data: elements,
      message: text.map((it) => it.replace(/[\0\r\n]+$/, '')),
    },
    {
      ...PLAIN,
      requiredKeys: ['timestamp', 'timestamp_offset', 'facility', 'severity', 'hostname', 'version', 'message'],
    },
  )
  .map(({ structured_data: elements, ...fields }) => {
    const structured = elements && structuredKeys(formatStructuredData(elements));
    return { ...base(fields.severity), ...fields, ...structured } as LogMessage;
  });

function base(severity: number): Partial<LogMessage> {
  return { level: SEVERITIES[severity]!, format: 'rfc5424', flags: [], _id: '', stream: 'default' };
}

test('law: a message that was formatted is parsed to the same message', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const back = read({ bytes: formatRfc5424(message), receivedAt: message.timestamp.getTime() });
      assert.deepEqual(parsed(back), parsed(message));
    }),
    { numRuns: Math.min(Number(process.env['CORDWOOD_FUZZ'] ?? 5000), 100_000) },
  );
});

test('formatRfc5424 writes these lines', () => {
  const ok = (line: string, want: string) => assert.equal(formatRfc5424(read({ bytes: line })), want);
  const same = (line: string) => ok(line, line);
  same('<34>1 2026-11-22T16:20:01Z host app 1 ID [x@1 a="\\"\\\\\\]"] text');
  same('<34>1 2026-11-22T16:20:01.120000-03:30 host app 1 ID - text');
  same('<34>1 2026-11-22T16:20:01.120+14:00 host - - - -');
  same('<0>1 - - - - - - text');
  same('<34>1 2026-11-22T16:20:01Z host app - - - \ufeffgrüße');
  ok('<34>1 2026-11-22T16:20:01Z host app - - -  two spaces', '<34>1 2026-11-22T16:20:01Z host app - - - two spaces');
  same('<34>1 2026-11-22T16:20:01Z host app - - -   three spaces');
  // Guessed values are written as if they had been sent.
  ok('<38>Nov 22 16:20:01 web1 sshd[1]: text', '<38>1 2026-11-22T16:20:01Z web1 sshd 1 - - text');
  ok('just text', '<13>1 2026-11-22T16:20:05Z 192.0.2.7 - - - - just text');
});

test('a field that a header cannot hold is changed to fit', () => {
  const message = { ...read({ bytes: 'x' }), hostname: 'two words', appname: 'a'.repeat(60), procid: '' };
  assert.equal(formatRfc5424(message), `<13>1 2026-11-22T16:20:05Z two_words ${'a'.repeat(48)} - - - x`);
});

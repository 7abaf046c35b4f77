import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { ABSENT, MessageBatch, NOT_SENT, SPAN, SPANS } from '../../src/model/batch.ts';
import { flagBit } from '../../src/model/message.ts';
import { createParser } from '../../src/parse/index.ts';
import { bytesOf, corpusCases } from './corpus.ts';
import { fill, RECEIVED, read } from './support.ts';

const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);
const SEEDS = corpusCases().flatMap(({ cases }) => cases.map(bytesOf));
const PIECES = [
  ...[
    '<13>',
    '<191>',
    '<999>',
    '<>',
    '1 ',
    '999 ',
    '- ',
    '-',
    ' ',
    '  ',
    ': ',
    ':',
    '[',
    ']',
    '"',
    '\\',
    '=',
    '*',
    '.',
  ],
  ...[
    '2026-11-22T16:20:01',
    '2026-11-22 16:20:01',
    '.123456',
    '.5',
    'Z',
    '+01:00',
    '-0530',
    'Nov 22 16:20:01',
    'Feb 29 00:00:00',
  ],
  ...[
    'Nov  2 2026 16:20:01',
    '2026 Nov 22 16:20:01',
    ' UTC',
    ' CST',
    ' 2026',
    '123: ',
    'host',
    'web1 ',
    'sshd[1]: ',
    'app: ',
  ],
  ...[
    '[x@1 a="b"]',
    '[ssign a="b"]',
    '%SYS-5-X: ',
    '\ufeff',
    'ü',
    '\xff',
    '\n',
    '\0',
    '\r',
    '\t',
    '{"a":1}',
    '2001:db8::1 ',
  ],
  ...[
    'last message repeated 2 times',
    'Message forwarded from ',
    '@cee: ',
    'CEF:0|',
    '1w2d: ',
    'RP/0/CPU0:',
    'zx\x9c',
    'x'.repeat(40),
  ],
  ...['<38>', '0 ', '1 ', '157: ', '000075: ', 'sw1: ', 'sw1 ', 'web1 ', '10.0.0.9 ', '- ', '[localhost] ', '[web.1] '],
  ...['notice ', 'daemon.info ', 'local0 ', 'auth|security:info ', '15:54:00 ', 'Dream Dream ', '\t', 'httpd[]: '],
  ...[
    'Sun Nov 22 16:20:01 2026',
    '22/11/2026:16:20:01 GMT ',
    '11/22/2026:16:20:01',
    '1795364401.426 ',
    '05:41:05 PM.123',
  ],
  ...[
    '2026:11:22-16:20:01 ',
    '2026-11-22T16:20 ',
    'Nov 22 2026 16:20:01.270.1',
    ' +0530',
    ' UTC+1',
    ' mdt',
    ' Singapo',
  ],
  ...[
    '*%LWAPP-3-X: ',
    '%%01SHELL/5/CMD(s)[19]:',
    '%SNMP-W-X: ',
    '%$ VDC-1 %$ ',
    '*emWeb: ',
    'RP/0/RSP1/CPU0:',
    'UTC: ',
  ],
  ...[
    'U7PG2,788a20aabbcc,v4.3.20: ',
    '788a20aabbcc,U6-Lite-6.0.21: ',
    'Microsoft Word[14463]: ',
    'host@SERIAL ',
    'app:',
  ],
].map((piece) => Buffer.from(piece, piece === '\xff' || piece === 'zx\x9c' ? 'latin1' : 'utf8'));

const edits = fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.nat(255)), { maxLength: 4 });
const mutated = fc.tuple(fc.constantFrom(...SEEDS), edits).map(([seed, changes]) => {
  const bytes = [...seed];
  for (const [where, kind, byte] of changes) {
    const at = where % (bytes.length + 1);
    if (kind === 0) bytes[at] = byte;
    else if (kind === 1) bytes.splice(at, 1);
    else if (kind === 2) bytes.splice(at, 0, byte);
    else bytes.length = at;
  }
  return Buffer.from(bytes);
});
const pieced = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => Buffer.concat(pieces));
const random = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes));
const frames = fc.oneof(
  { weight: 3, arbitrary: mutated },
  { weight: 3, arbitrary: pieced },
  { weight: 1, arbitrary: random },
);
const arrivals = fc.constantFrom(
  RECEIVED,
  Date.UTC(2026, 11, 31, 23, 59, 59),
  Date.UTC(2028, 1, 29),
  Date.UTC(2026, 9, 25, 1, 10),
  0,
);

const parser = createParser({ zoneOf: () => 'Europe/Berlin', maxInflated: 4096 });

test('law: no input throws, and neither earlier frames nor the bytes around change the result', () => {
  fc.assert(
    fc.property(frames, arrivals, random, (bytes, receivedAt, around) => {
      const first = read({ bytes, receivedAt, parser });
      const fresh = createParser({ zoneOf: () => 'Europe/Berlin', maxInflated: 4096 });
      assert.deepEqual(read({ bytes, receivedAt, around, parser: fresh }), first);
    }),
    { numRuns: RUNS },
  );
});

const ZONE = String.raw`(?: ?[+-]\d\d:?\d\d|[Zz]| (?!Message|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat),? )[A-Za-z]{1,7}(?:[+-]\d{1,2}(?::?\d\d)?)?(?=[ :\t]|(?-i:S)|$))?`;
const CLOCK = String.raw`\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d*|:\d{3}(?= (?:19|20)\d\d[ \t]))?(?:\.\d{1,12})?(?: ?[AaPp][Mm])?(?:[.,]\d+)?`;
const DAY = [
  String.raw`\d{4}[-/:.]\d\d[-/:.]\d\d[-_Tt ]`,
  String.raw`(?:[A-Z][a-z]{2},? +)?(?:\d{4} +)?[A-Za-z]{3} +\d{1,2}(?:,? \d{4})? +`,
  String.raw`\d{1,2}[ -][A-Za-z]{3}[ -]\d{4}[ :]`,
  String.raw`\d\d/\d\d/\d{4}[: ]`,
];
const YEAR = String.raw`(?: (?:19|20)\d\d(?=[ \t]|: |:\*?S|:?$))?`;
/** A year may only follow a day without one. */
const YEARLESS = String.raw`(?:[A-Z][a-z]{2},? +)?[A-Za-z]{3} +\d{1,2} +`;
const STAMP = String.raw`[*.]?(?:${YEARLESS}${CLOCK}${YEAR}${ZONE}${YEAR}|(?:${DAY.join('|')})${CLOCK}${ZONE}|\d{9,10}\.\d+)`;
const STAMPS = new RegExp(`(?<!\\w)${STAMP}`, 'gi');
const LEVEL = 'emerg(?:ency)?|panic|alert|crit(?:ical)?|err(?:or)?|warn(?:ing)?|notice|info(?:rmation(?:al)?)?|debug';
const FACILITY =
  'kern|user|mail|daemon|auth|security|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7]|audit|clock|ntp';
/** What a header may have besides fields: `S` is a field, `N` a part that became a note of the device, `T` a stamp. */
const PARTS = [
  String.raw`<\d{1,3}>`,
  String.raw`\d{1,3} (?=[-*.A-Z\d])`,
  STAMP,
  'Message forwarded from ',
  `(?:(?:${FACILITY})[|.:/]?)*(?:${LEVEL}|${FACILITY})(?= )`,
  String.raw`["(%$)\[\]*. \t:-]`,
  'S|N|T',
];
const HEADER = new RegExp(`^\ufeff?[ \t]*(?:${PARTS.join('|')})*\ufeff?S?$`, 'i');

test('law: what is in no field is a known part of a header, or the frame is kept; what was guessed is flagged', () => {
  const batch = new MessageBatch(4, 1 << 20);
  fc.assert(
    fc.property(frames, arrivals, (bytes, receivedAt) => {
      const { start, end } = fill(batch, { bytes });
      batch.begin(receivedAt, 1, 0);
      parser.parse(batch, 0, start, end);
      const has = (flag: 'compressed' | 'no_hostname' | 'no_timestamp') => (batch.flags[0]! & flagBit(flag)) !== 0;
      if (has('compressed')) return;
      const span = (name: number) => ({ from: batch.offsets[name]!, to: batch.offsets[name]! + batch.lengths[name]! });
      const host = span(SPAN.hostname);
      if (batch.lengths[SPAN.hostname] !== ABSENT && host.from >= end) assert.ok(has('no_hostname'), String(bytes));
      if (batch.timestampOffset[0] !== NOT_SENT) assert.ok(!has('no_timestamp'), String(bytes));
      if (batch.lengths[SPAN.raw] !== ABSENT) {
        assert.deepEqual(span(SPAN.raw), { from: start, to: end });
        return;
      }
      const rest = [...bytes.toString('latin1')];
      for (let name = 0; name < SPANS; name++) {
        const { from, to } = span(name);
        if (batch.lengths[name]! <= 0 || from < start || to > end) continue;
        for (let at = from; at < to; at++) rest[at - start] = at === from ? 'S' : '';
      }
      const { to } = span(SPAN.message);
      assert.match(bytes.subarray(to - start).toString('latin1'), /^[\0\r\n]*$/, 'the message goes to the end');
      let left = rest
        .join('')
        .replaceAll('\xef\xbb\xbf', '\ufeff')
        .replace(/[\0\r\n]+$/, '')
        .replace(STAMPS, 'T');
      if (span(SPAN.structuredData).from >= end) left = withoutNotes(left, batch.text(0, SPAN.structuredData) ?? '');
      left = withoutHost(left, batch.text(0, SPAN.hostname));
      assert.match(left, HEADER, bytes.toString('latin1'));
    }),
    { numRuns: RUNS },
  );
});

/** Replaces the numbers and names that became notes of a device, each of which must be in the header. */
function withoutNotes(left: string, notes: string): string {
  let text = left;
  for (const [, value] of notes.matchAll(/="([^"]*)"/g)) {
    const word = new RegExp(`(?<![\\w<])${value!.replaceAll(/[.+$/]/g, '\\$&')}(?![\\w>])`);
    assert.match(text, word, `${value} of ${notes} is in the frame`);
    text = text.replace(word, 'N');
  }
  return text;
}

/** A device may write its name twice. */
function withoutHost(left: string, host: string | undefined): string {
  if (host === undefined || host === '') return left;
  const escaped = host.replaceAll(/[.+$/[\]()*?^{}|\\]/g, '\\$&');
  return left.replace(new RegExp(`(?<=^| )${escaped}(?=[: ])`), 'N');
}

test('law: a text is kept byte for byte after each kind of header', () => {
  const headers = [
    '<13>',
    '<13>1 - - - - - - ',
    '<13>1 - h a p m [x a="b"] ',
    '<13>Nov 22 16:20:01 web1 app[1]: ',
    '<13>2026-11-22T16:20:01Z web1 app: ',
  ];
  const text = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 60 })
    .filter((it) => !/^[\ufeff\s]|[\0\r\n]$/.test(it));
  fc.assert(
    fc.property(fc.constantFrom(...headers), text, (header, it) => {
      const message = read({ bytes: `${header}~${it}` });
      assert.equal(message.message, Buffer.from(`~${it}`).toString());
    }),
    { numRuns: Math.min(RUNS, 5000) },
  );
});

import fc from './fc.ts';
import type { Filter } from '../../src/model/filter.ts';
import { FLAGS, FORMATS, type Source, TRANSPORTS } from '../../src/model/message.ts';
import { SEVERITIES } from '../../src/model/priority.ts';
import { fold, tokensOf } from '../../src/model/tokens.ts';
import { type Draft, EPOCH } from './batches.ts';

/** Words in which case, marks, scripts and bytes go wrong; filters and messages are made of the same ones. */
export const WORDS = [
  ...['error', 'Error', 'ERROR', 'errors', 'timeout', 'upstream timed out', 'Failed password for root', 'a', '7', ''],
  ...['Straße', 'STRASSE', 'STRAẞE', 'ΣΟΦΟΣ', 'σοφος', 'σοφός', 'ſystem', 'System', '\u212aelvin', 'kelvin'],
  ...[
    'İstanbul',
    'istanbul',
    'ısı',
    'ISI',
    'été',
    'e\u0301te\u0301',
    'नमस्ते',
    '日本語',
    '日本',
    '😀',
    'ﬅ',
    'ﬆ',
    '𐐀',
    '𐐨',
  ],
  ...[
    'foo_bar',
    'foo-bar',
    'foo',
    'bar',
    '10.0.0.1',
    '10.0.0.12',
    '110.0.0.1',
    '0',
    '42',
    '-1.5',
    'user=root',
    '*',
    '?',
  ],
  ...['\\', '"', '\0', '\x1b[31m', '\ufffd', '\u0301', '/var/log/x.log', 'a\nb', 'a\rb', '[x]', '{"k":1}', 'TO', 'OR'],
];
const HOSTS = ['web1', 'web2', 'WEB1', 'web12', 'db-1.example.org', 'Übung', 'übung', '', '10.0.0.1', 'fe80::1'];
const APPS = ['nginx', 'sshd', 'CRON', 'cron', 'kernel', 'postfix/smtpd', ''];
const SD_IDS = ['exampleSDID@32473', 'origin', 'a.b', 'meta', '$7'];
const SD_NAMES = ['iut', 'ip', 'x.y', 'sequenceId', '10'];
const EXTRAS = ['status', 'user.name', 'Größe', '$ref', '$id', '%24a', '__proto__', '10'];
const plain = { noNullPrototype: true } as const;
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const word = fc.constantFrom(...WORDS);
const text = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ' ', ' ', ':', '-', '', '\t', '.')), { maxLength: 6 })
  .map((pieces) => pieces.flat().join(''));

const source: fc.Arbitrary<Source> = fc
  .record({
    ip: fc.constantFrom('192.0.2.7', '192.0.2.70', '2001:db8::1'),
    port: fc.constantFrom(1, 514, 40_000, 65_535),
    transport: fc.constantFrom(...TRANSPORTS),
    listener: fc.constantFrom('tcp0', 'udp0'),
    peer_cn: maybe(fc.constantFrom('web1.example.org', 'Übung')),
  })
  .map(withoutUndefined);

const structured = fc.array(
  fc.record(
    {
      id: fc.constantFrom(...SD_IDS),
      params: fc.array(fc.record({ name: fc.constantFrom(...SD_NAMES), value: word }, plain), { maxLength: 3 }),
    },
    plain,
  ),
  { minLength: 1, maxLength: 3 },
);
const fields = fc.array(
  fc.record(
    { name: fc.constantFrom(...EXTRAS), value: fc.oneof(word, fc.constantFrom(0, 42, -1.5, 1e21, true, false, null)) },
    plain,
  ),
  { minLength: 1, maxLength: 3 },
);

/** Messages as bad as they come, without arrival: `received_at`, `sequence` and `stream` are the test's to choose. */
export const draft: fc.Arbitrary<Draft> = fc
  .record({
    facility: fc.nat({ max: 23 }),
    severity: fc.nat({ max: 7 }),
    hostname: maybe(fc.constantFrom(...HOSTS)),
    appname: maybe(fc.constantFrom(...APPS)),
    procid: maybe(fc.constantFrom('1', '42', '-1.5', 'main', '')),
    msgid: maybe(fc.constantFrom('ID47', 'TCPIN')),
    version: fc.constantFrom(undefined, 1, 1, 999),
    timestamp: maybe(fc.integer({ min: -86_400_000, max: 3_600_000 }).map((shift) => new Date(EPOCH + shift))),
    timestamp_us: maybe(fc.nat({ max: 999 })),
    timestamp_offset: maybe(fc.constantFrom(-720, 0, 60, 840)),
    structured_data: maybe(structured),
    fields: maybe(fields),
    message: text,
    bytes: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: brokenBytes() }),
    source,
    format: fc.constantFrom(...FORMATS),
    flags: fc.subarray([...FLAGS]),
    length: fc.constantFrom(undefined, undefined, 70_000, 4_294_967_295),
    raw: maybe(fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes))),
  })
  .map(withoutUndefined);

/** Bytes that are no UTF-8, among words that are. */
function brokenBytes(): fc.Arbitrary<Uint8Array> {
  const broken = fc.constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0x80], [0xc0, 0xaf]);
  const piece = fc.oneof(
    word.map((each) => [...Buffer.from(each)]),
    broken,
  );
  return fc.array(piece, { maxLength: 6 }).map((pieces) => Uint8Array.from(pieces.flat()));
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

const SD_FIELDS = [
  'sd.exampleSDID@32473.iut',
  'sd.origin.ip',
  'sd."a.b"."x.y"',
  'sd.a.b.iut',
  'sd.meta',
  'sd."a.b"',
  'sd.$7.10',
  'sd.$7',
];
const TEXT_FIELDS = [
  ...[
    'line',
    'line',
    'line',
    'message',
    'message',
    'message',
    'hostname',
    'appname',
    'procid',
    'msgid',
    'stream',
    'format',
    'flags',
    'level',
  ],
  ...['source.ip', 'source.transport', 'source.listener', 'source.peer_cn', ...SD_FIELDS],
  ...EXTRAS.map((name) => `fields.${name}`),
];
const NUMBER_FIELDS = ['facility', 'severity', 'version', 'length', 'source.port'];
const TIME_FIELDS = ['timestamp', 'received_at'];
const textField = fc.constantFrom(...TEXT_FIELDS, ...NUMBER_FIELDS, ...TIME_FIELDS, '_id');
const VALUES = [...WORDS, ...HOSTS, ...APPS, ...SEVERITIES, ...FLAGS, 'rfc5424', 'tcp', 'auth', 'default', '192.0.2.7'];
const value = fc.constantFrom(...VALUES).map(fold);
const token = fc.constantFrom(...new Set(VALUES.flatMap(tokensOf)));
const part = fc
  .tuple(value, fc.nat({ max: 5 }), fc.nat({ max: 8 }))
  .map(([whole, from, length]) => [...whole].slice(from, from + length).join(''));
const glob = fc
  .array(
    fc.oneof(
      fc.constantFrom('*', '?', '\\*', '\\?', '\\\\'),
      part.map((each) => each.replace(/[\\*?]/g, '\\$&')),
    ),
    {
      maxLength: 4,
    },
  )
  .map((pieces) => pieces.join(''));
const PATTERNS = [
  ...[
    'err',
    '^err',
    'out$',
    '(?i)ERROR',
    'time.*out',
    'time[a-d]',
    '\\d+\\.\\d+',
    'foo|bar',
    '(foo|bar)[-_]?',
    '\\bfoo\\b',
  ],
  ...['^$', '', 'ß', '(?i)ΣΟΦ', '\\pL+\\d', '.', '\\s', '\\x00', 'a.b', '(a|b)*7', 'web\\d{2}', '[^ -~]', '日本'],
];

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant<Filter>({ kind: 'all' }),
  fc.record({ kind: fc.constant('word' as const), field: textField, token }, plain),
  fc.record({ kind: fc.constant('substring' as const), field: textField, text: fc.oneof(value, part) }, plain),
  fc
    .record({
      kind: fc.constant('phrase' as const),
      field: textField,
      text: fc.oneof(value, part),
      open: maybe(fc.constantFrom('start' as const, 'end' as const)),
    })
    .map(withoutUndefined),
  fc.record({ kind: fc.constant('glob' as const), field: textField, glob }, plain),
  fc.record({ kind: fc.constant('equals' as const), field: textField, value }, plain),
  fc.record(
    {
      kind: fc.constant('pattern' as const),
      field: textField,
      source: fc.constantFrom(...PATTERNS),
      ignoreCase: fc.boolean(),
    },
    plain,
  ),
  fc.record({ kind: fc.constant('exists' as const), field: textField }, plain),
  range(
    fc.constantFrom(...NUMBER_FIELDS, ...SD_FIELDS, 'fields.status', 'fields.user.name', 'procid'),
    fc.constantFrom(-1.5, 0, 1, 3, 5, 7, 42, 514),
  ),
  range(
    fc.constantFrom(...TIME_FIELDS),
    fc.integer({ min: -86_400_000, max: 3_600_000 }).map((shift) => EPOCH + shift),
  ),
);

function range(field: fc.Arbitrary<string>, bound: fc.Arbitrary<number>): fc.Arbitrary<Filter> {
  return fc
    .record({
      kind: fc.constant('range' as const),
      field,
      min: maybe(bound),
      max: maybe(bound),
      excludeMin: fc.constantFrom(undefined, true),
      excludeMax: fc.constantFrom(undefined, true),
    })
    .map(withoutUndefined);
}

/** Filters of every kind on every kind of field, nested up to three deep. */
export const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record(
        { kind: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('filter'), { maxLength: 3 }) },
        plain,
      ),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('not' as const), of: tie('filter') }, plain) },
  ),
})).filter;

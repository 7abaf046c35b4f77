import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Collection, MongoClient } from 'mongodb';
import type { Filter } from '../../../../src/model/filter.ts';
import { compile } from '../../../../src/model/matches.ts';
import type { LogMessage } from '../../../../src/model/message.ts';
import { fold } from '../../../../src/model/tokens.ts';
import { fromBinaryId, toDocument } from '../../../../src/store/mongo/documents.ts';
import { translate } from '../../../../src/store/mongo/filter/translate.ts';
import { filter } from '../../../support/arbitraries.ts';
import { batchOf, messagesOf } from '../../../support/batches.ts';
import fc from '../../../support/fc.ts';
import { needsMongod, startMongod, type TestServer } from '../../../support/mongod.ts';
import { RUNS, sample } from '../../suite/tools.ts';

/* What the server lets through, against `matches()`: never less, and exactly that where the translation says so. */

/** Texts in which RE2, PCRE and RegExp may differ: line ends, marks, letters younger than the server's Unicode. */
const TEXTS = [
  ...[
    'foo',
    'foo\n',
    '\nfoo',
    'a foo\r\n',
    'xfoo',
    'foox',
    'foo_',
    '_foo',
    'foo-bar',
    'éfoo',
    'fooé',
    'foo\u0301',
    'foo😀',
  ],
  ...[
    'K',
    '\u212a',
    'k',
    'S',
    'ſ',
    's',
    'ß',
    'ẞ',
    'ss',
    'SS',
    'İ',
    'i',
    'ı',
    'I',
    'σ',
    'ς',
    'Σ',
    'µ',
    'μ',
    'Å',
    'å',
    '\u212b',
  ],
  ...[
    'ა',
    '\u1c90',
    '\ua7c0',
    '\ua7c1',
    '\u{10570}',
    '\u{10597}',
    '\ua7dc',
    '\u019b',
    '\u1c89',
    '\u1c8a',
    '\ua7cb',
    '\u0264',
  ],
  ...[
    'a\0b',
    '\0',
    'a.b',
    'a*b',
    'a?b',
    'a\\b',
    '[ab]',
    '(a|b)',
    'a+b',
    '$',
    '^',
    '$where',
    '{"$gt":""}',
    '\x1b[0m',
    'a b\tc',
  ],
  ...[
    'web12',
    'WEB12',
    'web1２',
    'été',
    'ÉTÉ',
    'e\u0301te\u0301',
    'caf\u00e9 foo',
    'foo caf\u00e9',
    '日本語',
    '日本',
    '\ufffd',
    '',
  ],
  ...['\u{1e900}\u{1e922}', 'ﬅ', 'ﬆ', 'ΐ', 'ΐ', '\u0345', 'ι', 'Ǆ', 'ǅ', 'ǆ', '#$&\'"`~!@%,;:<>=/-', '٣', '3', '२'],
];
/** Patterns whose meaning is RE2's, whatever runs them. */
const PATTERNS = [
  ...[
    'foo$',
    '^foo',
    '^foo$',
    'foo\\b',
    '\\bfoo',
    '\\bfoo\\b',
    '(?i)foo\\b',
    '\\Bfoo',
    '(?m)^foo$',
    '(?s)foo.',
    'foo.',
    '.foo',
  ],
  ...[
    'k',
    '(?i)k',
    '(?i)s',
    '(?i)ß',
    '(?i)σ',
    '(?i)[a-z]',
    '(?i)[^a-z]',
    '[^a-z]',
    '[a-z]{2,3}',
    '\\w+',
    '\\W',
    '\\d',
    '\\D',
    '\\s',
  ],
  ...[
    '\\pL',
    '\\p{Lu}',
    '\\PL',
    '[[:alpha:]]',
    '[\\d.]+',
    'a\\.b',
    'a\\*b',
    'a\\\\b',
    '\\[ab\\]',
    '\\x00',
    '\\x{1c90}',
    '\\Qa.b\\E',
  ],
  ...[
    'a|b',
    '(foo|bar)+',
    '(?:a|b){2}',
    '(a*)*b',
    'x?foo',
    'fo{2}',
    'fo{3}',
    '$',
    '^',
    '^$',
    '',
    '\\$',
    '\\^',
    '[$]',
    '[.]',
    '.',
    '..',
  ],
  ...['(?i)é', 'é', '(?i)İ', '(?i)i', '\\z', '\\Afoo', 'foo\\z', '[^ -~]', '[é]', '\\t', 'b\tc', 'foo#', '#'],
];
const WORDS = [...TEXTS.map(fold), 'fo', 'o', 'a', 'b', 'te', 'e', 'cafe', 'foo b', 'foo-', '-bar', ' ', '2', 'eb1'];

describe('filters translated for mongod', { skip: await needsMongod() }, () => {
  const field = fc.constantFrom('message', 'hostname', 'flags', 'sd.origin.ip', 'fields.status');
  const odd: fc.Arbitrary<Filter> = fc.oneof(
    fc.record({
      kind: fc.constant('pattern' as const),
      field,
      source: fc.constantFrom(...PATTERNS),
      ignoreCase: fc.boolean(),
    }),
    fc.record({ kind: fc.constantFrom('word' as const), field, token: fc.constantFrom(...WORDS) }),
    fc.record({ kind: fc.constantFrom('substring' as const), field, text: fc.constantFrom(...WORDS) }),
    fc.record({ kind: fc.constantFrom('phrase' as const), field, text: fc.constantFrom(...WORDS) }),
    fc.record({
      kind: fc.constantFrom('phrase' as const),
      field,
      text: fc.constantFrom(...WORDS),
      open: fc.constantFrom('start' as const, 'end' as const),
    }),
    fc.record({ kind: fc.constantFrom('equals' as const), field, value: fc.constantFrom(...WORDS) }),
    fc.record({
      kind: fc.constantFrom('glob' as const),
      field,
      glob: fc
        .array(fc.constantFrom('*', '?', 'a', 'fo', 'é', '\\*', '٣'), { maxLength: 5 })
        .map((all) => all.join('')),
    }),
  );
  let server: TestServer;
  let client: MongoClient;
  let corpus: { readonly stored: Collection; readonly messages: readonly LogMessage[] };
  let strange: typeof corpus;

  before(async () => {
    server = await startMongod();
    client = new MongoClient(server.uri);
    const db = client.db(server.database());
    const store = async (name: string, messages: readonly LogMessage[]): Promise<typeof corpus> => {
      await db.collection(name).insertMany(messages.map(toDocument));
      return { stored: db.collection(name), messages };
    };
    corpus = await store('corpus', messagesOf(batchOf(sample(1500))));
    const drafts = TEXTS.map((text) => ({
      message: text,
      hostname: text,
      structured_data: [{ id: 'origin', params: [{ name: 'ip', value: text }] }],
      fields: [{ name: 'status', value: text }],
    }));
    strange = await store('strange', messagesOf(batchOf(drafts)));
  });
  after(async () => {
    await client?.close();
    await server?.[Symbol.asyncDispose]();
  });

  const check = async (each: Filter, { stored, messages }: typeof corpus): Promise<boolean> => {
    const { query, exact } = translate(each, { stream: 'default' });
    const want = messages.filter(compile(each)).map(({ _id }) => _id);
    const found =
      query === 'none' ? [] : await stored.find(query === 'all' ? {} : query, { projection: { _id: 1 } }).toArray();
    const got = found.map(({ _id }) => fromBinaryId(_id as never)).sort();
    const said = JSON.stringify(query).slice(0, 300);
    if (exact) assert.deepEqual(got, want, said);
    else
      assert.deepEqual(
        want.filter((id) => !got.includes(id)),
        [],
        said,
      );
    return exact;
  };

  test('any filter matches the same messages as matches()', async () => {
    let exact = 0;
    const law = fc.asyncProperty(filter, async (each) => {
      if (await check(each, corpus)) exact++;
    });
    await fc.assert(law, { numRuns: RUNS });
    assert.ok(exact > RUNS / 2, `${exact} of ${RUNS} are exact`);
  });

  test('patterns match alike where regular expression engines differ', async () => {
    await fc.assert(
      fc.asyncProperty(odd, async (each) => void (await check(each, strange))),
      { numRuns: RUNS * 2 },
    );
    for (const source of PATTERNS) {
      for (const ignoreCase of [false, true])
        await check({ kind: 'pattern', field: 'message', source, ignoreCase }, strange);
    }
    for (const text of new Set(WORDS)) {
      assert.ok(await check({ kind: 'substring', field: 'message', text }, strange));
      assert.ok(await check({ kind: 'phrase', field: 'message', text }, strange));
      assert.ok(await check({ kind: 'equals', field: 'hostname', value: text }, strange));
    }
  });

  test('values that look like operators are not read as operators', async () => {
    for (const value of ['$where', '{"$gt":""}', '$', '^']) {
      assert.ok(await check({ kind: 'equals', field: 'message', value }, strange));
      assert.ok(await check({ kind: 'equals', field: `fields.${value}`, value }, strange));
      assert.ok(await check({ kind: 'exists', field: `sd.${value}.$gt` }, strange));
    }
  });

  test('words that are numbers match numbers in fields, of whatever size and sign', async () => {
    const tokens = ['0', '00', '1', '42', '007', '21', '1e', '2147483648', '9007199254740993', '1'.repeat(400)];
    for (const field of ['line', 'fields.status', 'fields.user.name', 'length', 'source.port']) {
      for (const token of tokens) await check({ kind: 'word', field, token }, corpus);
      for (const text of ['1.5', '-1', '0.0', '10.0.0.1', '+2']) await check({ kind: 'phrase', field, text }, corpus);
      for (const value of ['0', '-0', '-1.5', '1e+21']) await check({ kind: 'equals', field, value }, corpus);
    }
  });
});

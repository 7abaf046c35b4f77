import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import type { Filter } from '../../src/model/filter.ts';
import { compile } from '../../src/model/matches.ts';
import { fold } from '../../src/model/tokens.ts';
import { and, format, or, parseQuery, quote, quoteGlob } from '../../src/query/index.ts';
import { draft, filter, WORDS } from '../support/arbitraries.ts';
import { batchOf, messagesOf } from '../support/batches.ts';

const CONTEXT = { now: Date.UTC(2026, 10, 22, 16, 20), zone: 'Europe/Berlin' };
const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 10_000);

/** Terms as they are typed, so that reading them makes every filter that reading can make. */
const words = WORDS.filter((each) => each !== 'OR');
const value = fc.constantFrom(...words, 'web*', '*web*', '*web', 'w?b', 'a\\*b*').map((each) => quoteGlob(each));
const term = fc.oneof(
  value,
  value.map((each) => `hostname:${each}`),
  value.map((each) => `sd."a.b"."x.y":${each}`),
  fc.constantFrom(...WORDS).map((each) => `"${each.replace(/["\\]/g, '\\$&')}"`),
  fc.constantFrom(...WORDS).map((each) => `fields.user\\ name:${quote(each)}`),
  fc.constantFrom(
    ...[
      'severity:<=err',
      'severity:[2 TO 5]',
      'facility:auth',
      'facility:loc*',
      'level:"err"',
      'level:warn',
      'severity:>9',
    ],
    ...[
      'length:>5',
      'length:{1 TO 2.5}',
      'port:514',
      'procid:[* TO *]',
      'procid:7',
      'sd.a.b:>=-1.5',
      'fields.x:[1 TO 1]',
    ],
    ...[
      'timestamp:2026-11-22',
      'timestamp:>now',
      'time:[-1h TO now}',
      'received_at:>=@0.001',
      'time:<@-5.5',
      'time:now',
    ],
    ...[
      '/fo+o/',
      '/a\\/b/i',
      'hostname:/x y/',
      '//',
      '_exists_:msgid',
      'sd.origin:*',
      '*',
      'message:*',
      '10.0.0.1',
      'w*b',
    ],
    ...['sd.a\\:b.c:x', 'message:""', 'hostname:""', 'message:disk', 'message:"a b"', 'message:w*b', 'line:/x/'],
    ...['line:or', '"not"', 'a\\=b', 'hostname=web1 hostname=b', 'fields.x<5', 'fields.a\\<b:x', '"DOMAIN\\jdoe"'],
    ...['DOMAIN\\jdoe', '*c:\\\\x*'.replace(':', '\\:'), 'a and b', 'a or b', 'a not b', '@x', '[x]', '\\-x', '\\||'],
  ),
);
const query: fc.Arbitrary<string> = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3 },
    term,
    fc.array(tie('query'), { minLength: 1, maxLength: 3 }).map((all) => all.map((each) => `(${each})`).join(' ')),
    fc.array(tie('query'), { minLength: 1, maxLength: 3 }).map((all) => all.map((each) => `(${each})`).join(' OR ')),
    tie('query').map((each) => `NOT (${each})`),
  ),
})).query;

test('a query that was parsed and written is parsed to the same filter', () => {
  const law = fc.property(query, (text) => {
    const read = parseQuery(text, CONTEXT);
    assert.deepEqual(parseQuery(format(read), CONTEXT), read, `${text}\n${format(read)}`);
  });
  fc.assert(law, { numRuns: RUNS });
});

test('a written filter matches the same messages as the filter', () => {
  const messages = messagesOf(batchOf(fc.sample(draft, { numRuns: 200, seed: 7 })));
  const law = fc.property(filter, (each) => {
    const written = format(each);
    const again = compile(parseQuery(written, CONTEXT));
    const matches = compile(each);
    for (const message of messages) {
      if (again(message) !== matches(message))
        assert.fail(`${JSON.stringify(each)} is not ${written} on ${JSON.stringify(message)}`);
    }
  });
  fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
});

test('a quoted value is literal, and a quoted glob keeps its wildcards', () => {
  const law = fc.property(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary' })), (text) => {
    const want: Filter = { kind: 'equals', field: 'hostname', value: fold(text.toWellFormed()) };
    assert.deepEqual(parseQuery(`hostname:${quote(text)}`, CONTEXT), want);
    if (!/[*?]/.test(text)) assert.deepEqual(parseQuery(`hostname:${quoteGlob(text)}`, CONTEXT), want);
  });
  fc.assert(law, { numRuns: RUNS });
  assert.equal(quote('web1.example.org'), 'web1.example.org');
  assert.equal(quote('a b"'), '"a b\\""');
  assert.deepEqual(parseQuery(`hostname:${quoteGlob('web*) OR (a')}`, CONTEXT), {
    kind: 'glob',
    field: 'hostname',
    glob: 'web*) or (a',
  });
});

test('and() and or() flatten nested filters and omit those that match everything', () => {
  const word = (token: string): Filter => ({ kind: 'word', field: 'message', token });
  const [a, b, c] = [word('a'), word('b'), word('c')];
  assert.deepEqual(and([]), { kind: 'all' });
  assert.deepEqual(and([{ kind: 'all' }, a]), a);
  assert.deepEqual(and([a, and([b, c])]), { kind: 'and', of: [a, b, c] });
  assert.deepEqual(or([a, or([b, c])]), { kind: 'or', of: [a, b, c] });
  assert.deepEqual(or([a]), a);
});

test('filters are written the way people write queries', () => {
  const ok = (text: string, want: string): void => assert.equal(format(parseQuery(text, CONTEXT)), want);
  ok('(a AND (b OR c)) AND -d', 'a (b OR c) NOT d');
  ok('host:web* level:error', 'hostname:web* severity:err');
  ok('severity:<=3 10.0.0.1', 'severity:<=err 10.0.0.1');
  ok('timestamp:2026-11-22', 'timestamp:[2026-11-21T23:00:00.000Z TO 2026-11-22T23:00:00.000Z}');
});

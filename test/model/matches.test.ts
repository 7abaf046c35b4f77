import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { fieldsOf, parseFieldName, sdFieldName, valueReader, valueText } from '../../src/model/fields.ts';
import type { Filter } from '../../src/model/filter.ts';
import { bucketOf, groupReader } from '../../src/model/grouping.ts';
import { matches } from '../../src/model/matches.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { fold, innerTokensOf, phraseTokensOf, tokensOf } from '../../src/model/tokens.ts';
import { draft, filter, WORDS } from '../support/arbitraries.ts';
import { batchOf, type Draft, EPOCH, messagesOf, SOURCE } from '../support/batches.ts';

function messageOf(each: Draft): LogMessage {
  return batchOf([each]).message(0);
}

const SAMPLE = messageOf({
  facility: 4,
  severity: 3,
  hostname: 'Web1',
  appname: '',
  procid: '42',
  message: 'Failed password for Straße-42 from 10.0.0.12 port 22',
  structured_data: [
    {
      id: 'exampleSDID@32473',
      params: [
        { name: 'iut', value: '3' },
        { name: 'iut', value: '4' },
      ],
    },
    { id: 'a.b', params: [{ name: 'c.d', value: 'X' }] },
    { id: 'meta', params: [] },
  ],
  fields: [
    { name: 'status', value: 404 },
    { name: 'ok', value: true },
    { name: 'none', value: null },
    { name: 'user.name', value: 'Ann' },
  ],
  flags: ['truncated', 'no_pri'],
  length: 70_000,
  timestamp: new Date(EPOCH - 1000),
});

function yes(wanted: Filter): void {
  assert.equal(matches(wanted, SAMPLE), true, JSON.stringify(wanted));
}
function no(wanted: Filter): void {
  assert.equal(matches(wanted, SAMPLE), false, JSON.stringify(wanted));
}

test('words match whole tokens, phrases cut no token, substrings may', () => {
  const message = (kind: 'substring' | 'phrase', text: string, open?: 'start' | 'end'): Filter =>
    kind === 'phrase' ? { kind, field: 'message', text, ...(open && { open }) } : { kind, field: 'message', text };
  const word = (token: string): Filter => ({ kind: 'word', field: 'message', token });
  yes(word('failed'));
  yes(word('straße'));
  yes(word('12'));
  no(word('fail'));
  no(word('1'));
  yes(message('phrase', '10.0.0.12'));
  no(message('phrase', '10.0.0.1'));
  no(message('phrase', '0.0.0.12'));
  yes(message('phrase', '0.0.12'));
  yes(message('phrase', '10.0.0.1', 'end'));
  yes(message('phrase', '2 port', 'start'));
  no(message('phrase', '2 port'));
  yes(message('phrase', '-42 from '));
  yes(message('substring', 'wor'));
  yes(message('substring', ''));
  no(message('substring', 'passworx'));
});

test('equals, globs and patterns match values', () => {
  const on = (field: string, glob: string): Filter => ({ kind: 'glob', field, glob });
  yes({ kind: 'equals', field: 'hostname', value: 'web1' });
  no({ kind: 'equals', field: 'hostname', value: 'web' });
  yes({ kind: 'equals', field: 'appname', value: '' });
  no({ kind: 'equals', field: 'msgid', value: '' });
  yes(on('hostname', 'w*1'));
  yes(on('hostname', 'w??1'));
  no(on('hostname', 'w?1'));
  yes(on('hostname', '****'));
  no(on('hostname', ''));
  yes(on('appname', '*'));
  no(on('appname', '?'));
  no(on('hostname', 'web\\*'));
  yes(on('message', 'failed*10.*22'));
  no(on('message', 'failed*10.*2 '));
  yes({ kind: 'pattern', field: 'message', source: 'port \\d+$', ignoreCase: false });
  no({ kind: 'pattern', field: 'message', source: 'failed', ignoreCase: false });
  yes({ kind: 'pattern', field: 'message', source: 'failed', ignoreCase: true });
  yes({ kind: 'equals', field: 'flags', value: 'no_pri' });
});

test('globs match code points, and no text makes them slow', () => {
  const on = (text: string, glob: string): boolean =>
    matches({ kind: 'glob', field: 'message', glob }, messageOf({ message: text }));
  assert.equal(on('😀', '?'), true);
  assert.equal(on('😀', '??'), false);
  assert.equal(on('a😀b', '*?b'), true);
  assert.equal(on('a*b\\', 'a\\*b\\\\'), true);
  assert.equal(on('axb', 'a\\*b'), false);
  assert.equal(on('a\nb', 'a*b'), true);
  assert.equal(on('a'.repeat(20_000), `${'*a'.repeat(50)}*b`), false);
});

test('priorities match by code and by name, times as ISO 8601', () => {
  yes({ kind: 'equals', field: 'facility', value: 'auth' });
  yes({ kind: 'equals', field: 'facility', value: '4' });
  yes({ kind: 'glob', field: 'severity', glob: 'e*' });
  yes({ kind: 'equals', field: 'level', value: 'err' });
  no({ kind: 'equals', field: 'level', value: '3' });
  yes({ kind: 'range', field: 'severity', max: 3 });
  no({ kind: 'range', field: 'severity', max: 3, excludeMax: true });
  yes({ kind: 'glob', field: 'timestamp', glob: '2026-11-22t16:*' });
});

test('ranges match numbers, times, and texts that are numbers', () => {
  yes({ kind: 'range', field: 'timestamp', min: EPOCH - 1000, max: EPOCH - 1000 });
  no({ kind: 'range', field: 'timestamp', min: EPOCH - 1000, excludeMin: true });
  yes({ kind: 'range', field: 'sd.exampleSDID@32473.iut', min: 4 });
  no({ kind: 'range', field: 'sd.exampleSDID@32473.iut', min: 4.5 });
  yes({ kind: 'range', field: 'fields.status', min: 400, max: 499 });
  yes({ kind: 'range', field: 'procid', min: 42, max: 42 });
  yes({ kind: 'range', field: 'procid' });
  no({ kind: 'range', field: 'hostname' });
  no({ kind: 'range', field: 'version' });
});

test('exists matches fields that are present', () => {
  for (const field of ['message', 'appname', 'length', 'sd.meta', 'sd."a.b"', 'sd."a.b"."c.d"', 'fields.user.name']) {
    yes({ kind: 'exists', field });
  }
  for (const field of [
    'msgid',
    'version',
    'fields.none',
    'fields.x',
    'sd.a.b',
    'sd.meta.x',
    'nosuch',
    'source.peer_cn',
  ]) {
    no({ kind: 'exists', field });
    yes({ kind: 'not', of: { kind: 'exists', field } });
  }
  no({ kind: 'and', of: [{ kind: 'all' }, { kind: 'or', of: [] }] });
  yes({ kind: 'and', of: [] });
});

test('valueReader returns the values of a field', () => {
  const ok = (field: string, ...want: (string | number)[]): void =>
    assert.deepEqual([...valueReader(field)(SAMPLE)], want, field);
  ok('hostname', 'Web1');
  ok('msgid');
  ok('facility', 4);
  ok('level', 'err');
  ok('flags', 'no_pri', 'truncated');
  ok('received_at', EPOCH + 1);
  ok('source.ip', SOURCE.ip);
  ok('sd.exampleSDID@32473.iut', '3', '4');
  ok('sd.exampleSDID@32473', 'exampleSDID@32473');
  ok('sd."a.b"."c.d"', 'X');
  ok('fields.ok', 'true');
  ok('fields.none');
  ok('nosuch');
  assert.equal(valueText('facility', 4), 'auth');
  assert.equal(valueText('severity', 3), 'err');
  assert.equal(valueText('timestamp', EPOCH), '2026-11-22T16:20:00.000Z');
  assert.equal(valueText('length', 7), '7');
});

test('parseFieldName reads names of fields', () => {
  assert.deepEqual(parseFieldName('sd.a.b.c'), { kind: 'sd', id: 'a.b', name: 'c' });
  assert.deepEqual(parseFieldName('sd."a.b"'), { kind: 'sd', id: 'a.b' });
  assert.deepEqual(parseFieldName('sd.a."b.c"'), { kind: 'sd', id: 'a', name: 'b.c' });
  assert.deepEqual(parseFieldName('fields.a.b'), { kind: 'field', name: 'a.b' });
  for (const name of ['', 'sd', 'sd.', 'sd.a.', 'fields.', 'constructor', 'sd."a', 'sd."a"x']) {
    assert.equal(parseFieldName(name), undefined, name);
  }
  const part = fc.stringMatching(/^[!#-<>-\\^-~]{1,8}$/);
  const law = fc.property(part, fc.option(part, { nil: undefined }), (id, name) => {
    const want = name === undefined ? { kind: 'sd', id } : { kind: 'sd', id, name };
    assert.deepEqual(parseFieldName(sdFieldName(id, name)), want);
  });
  fc.assert(law, { numRuns: 1000 });
});

test('law: fieldsOf returns the names of all fields that have values, each once', () => {
  for (const message of messagesOf(batchOf(fc.sample(draft, 200)))) {
    const names = fieldsOf(message);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.ok(valueReader(name)(message).length > 0, name);
  }
  const own = [
    'sd.exampleSDID@32473.iut',
    'sd."a.b"."c.d"',
    'sd.meta',
    'fields.status',
    'fields.ok',
    'fields.user.name',
  ];
  assert.deepEqual(
    fieldsOf(SAMPLE).filter((name) => /^(sd|fields)\./.test(name)),
    own,
  );
});

test('groupReader returns every combination once, with null for an absent field', () => {
  const groups = (...by: string[]): unknown => groupReader(by)(SAMPLE);
  assert.deepEqual(groups(), [[]]);
  assert.deepEqual(groups('hostname', 'msgid'), [['Web1', null]]);
  assert.deepEqual(groups('flags', 'sd.exampleSDID@32473.iut'), [
    ['no_pri', '3'],
    ['no_pri', '4'],
    ['truncated', '3'],
    ['truncated', '4'],
  ]);
  const params = [
    { name: 'x', value: '1' },
    { name: 'x', value: '1' },
  ];
  assert.deepEqual(groupReader(['sd.a.x'])(messageOf({ structured_data: [{ id: 'a', params }] })), [['1']]);
  assert.equal(bucketOf(EPOCH + 61_000, 60_000), EPOCH + 60_000);
  assert.equal(bucketOf(-1, 1000), -1000);
});

test('law: the tokens that a filter implies are tokens of the message', () => {
  const text = fc.array(fc.constantFrom(...WORDS, ' ', '.', '-', 'x'), { maxLength: 8 }).map((all) => all.join(''));
  const law = fc.property(text, fc.nat({ max: 10 }), fc.nat({ max: 20 }), (whole, from, length) => {
    const part = fold([...whole].slice(from, from + length).join(''));
    const message = messageOf({ message: whole });
    const tokens = new Set(tokensOf(message.message));
    if (matches({ kind: 'substring', field: 'message', text: part }, message)) {
      for (const token of innerTokensOf(part)) assert.ok(tokens.has(token), JSON.stringify([whole, part, token]));
    }
    for (const open of [undefined, 'start', 'end'] as const) {
      if (!matches({ kind: 'phrase', field: 'message', text: part, ...(open && { open }) }, message)) continue;
      for (const token of phraseTokensOf(part, open))
        assert.ok(tokens.has(token), JSON.stringify([whole, part, open, token]));
    }
  });
  fc.assert(law, { numRuns: 5000 });
});

test('law: words agree with tokensOf, and substrings with fold', () => {
  const text = fc.array(fc.constantFrom(...WORDS, ' ', '.'), { maxLength: 8 }).map((all) => all.join(''));
  const law = fc.property(text, fc.constantFrom(...WORDS.flatMap(tokensOf)), (whole, token) => {
    const message = messageOf({ message: whole });
    assert.equal(
      matches({ kind: 'word', field: 'message', token }, message),
      tokensOf(message.message).includes(token),
    );
    const held = fold(message.message).includes(token);
    assert.equal(matches({ kind: 'substring', field: 'message', text: token }, message), held);
  });
  fc.assert(law, { numRuns: 5000 });
});

test('law: not inverts the result of any filter', () => {
  const messages = messagesOf(batchOf(fc.sample(draft, 20)));
  const law = fc.property(filter, (each) => {
    for (const message of messages) {
      assert.equal(matches({ kind: 'not', of: each }, message), !matches(each, message));
    }
  });
  fc.assert(law, { numRuns: 500 });
});

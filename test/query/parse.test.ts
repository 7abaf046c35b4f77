import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../src/model/filter.ts';
import { parseQuery } from '../../src/query/index.ts';

const NOW = Date.UTC(2026, 10, 22, 16, 20);
const CONTEXT = { now: NOW, zone: 'Europe/Berlin' };

test('a query of which a part may have been meant otherwise gives a hint', () => {
  const hints = (text: string): string[] => {
    const given: string[] = [];
    parseQuery(text, { ...CONTEXT, hint: (hint) => given.push(hint) });
    return given;
  };
  assert.deepEqual(hints('file not found'), ['"not" was read as NOT; to search for the word, write "not" in quotes']);
  assert.match(hints('not found')[0]!, /was read as a word; to exclude/);
  assert.match(hints('size>4')[0]!, /was read as text; to compare, write size:>VALUE/);
  assert.match(hints('level=error')[0]!, /for the text, put it in quotes/);
  assert.deepEqual(hints('a AND b OR NOT c hostname=web1 user=bob 1<2'), []);
});

function ok(text: string, want: Filter): void {
  assert.deepEqual(parseQuery(text, CONTEXT), want, text);
}

const word = (token: string, field = 'line'): Filter => ({ kind: 'word', field, token });
const phrase = (text: string, open?: 'start' | 'end'): Filter => ({
  kind: 'phrase',
  field: 'line',
  text,
  ...(open && { open }),
});
const part = (text: string, field = 'line'): Filter => ({ kind: 'substring', field, text });
const equals = (field: string, value: string): Filter => ({ kind: 'equals', field, value });
const glob = (field: string, written: string): Filter => ({ kind: 'glob', field, glob: written });
const code = (field: string, number: number): Filter => ({ kind: 'range', field, min: number, max: number });
const range = (field: string, bounds: Partial<Extract<Filter, { kind: 'range' }>>): Filter => ({
  kind: 'range',
  field,
  ...bounds,
});
const pattern = (source: string, ignoreCase = false, field = 'message'): Filter => ({
  kind: 'pattern',
  field,
  source,
  ignoreCase,
});
const exists = (field: string): Filter => ({ kind: 'exists', field });
const not = (of: Filter): Filter => ({ kind: 'not', of });
const and = (...of: Filter[]): Filter => ({ kind: 'and', of });
const or = (...of: Filter[]): Filter => ({ kind: 'or', of });
const all: Filter = { kind: 'all' };

test('queries search for words, phrases and parts of the message', () => {
  ok('Failed', word('failed'));
  ok('failed password', and(word('failed'), word('password')));
  ok('10.0.0.1', phrase('10.0.0.1'));
  ok('foo-bar', phrase('foo-bar'));
  ok('12:30:45', phrase('12:30:45'));
  ok('fe80::1', phrase('fe80::1'));
  ok('nginx[123]', phrase('nginx[123]'));
  ok('"Started Session"', part('started session'));
  ok('"say \\"hi\\" \\\\"', part('say "hi" \\'));
  ok('*part*', part('part'));
  ok('pre*', phrase('pre', 'end'));
  ok('*fix', phrase('fix', 'start'));
  ok('STRAẞE Σ', and(word('straße'), word('σ')));
  ok('a\\*b', phrase('a*b'));
  ok('a\\ b', phrase('a b'));
  ok('=', phrase('='));
  ok('- -', and(phrase('-'), phrase('-')));
  ok('web*1', pattern('(?:^|[^\\pL\\pM\\p{Nd}_])web\\S*1(?:$|[^\\pL\\pM\\p{Nd}_])', true, 'line'));
  ok('*we?.1*', pattern('we\\S\\.1', true, 'line'));
  ok('message:""', equals('message', ''));
  ok('msg:foo', word('foo', 'message'));
  ok('message:"a b"', part('a b', 'message'));
  ok('line:and', word('and'));
  ok('line:/a/', pattern('a', false, 'line'));
  ok('line:*', all);
  ok('*:*', all);
  ok('', all);
  ok('  ', all);
  ok('*', all);
  ok('message:*', exists('message'));
});

test('queries combine terms with AND, OR, NOT, their signs and parentheses', () => {
  ok('a AND b', and(word('a'), word('b')));
  ok('a && b', and(word('a'), word('b')));
  ok('a OR b', or(word('a'), word('b')));
  ok('a||b', phrase('a||b'));
  ok('a || b', or(word('a'), word('b')));
  ok('a b OR c d', or(and(word('a'), word('b')), and(word('c'), word('d'))));
  ok('a (b OR c)', and(word('a'), or(word('b'), word('c'))));
  ok('a AND (b AND c)', and(word('a'), word('b'), word('c')));
  ok('(a)', word('a'));
  ok('NOT a', not(word('a')));
  ok('-a !b +c', and(not(word('a')), not(word('b')), word('c')));
  ok('-(a b)', not(and(word('a'), word('b'))));
  ok('a -b', and(word('a'), not(word('b'))));
  ok('-hostname:web1', not(equals('hostname', 'web1')));
  ok('-"a b"', not(part('a b')));
  ok('NOT NOT a', not(not(word('a'))));
  ok('or and not', and(word('or'), word('not')));
  ok('a and b', and(word('a'), word('b')));
  ok('a or b Or c', or(word('a'), word('b'), word('c')));
  ok('file not found', and(word('file'), not(word('found'))));
  ok('not found', and(word('not'), word('found')));
  ok('a and not b', and(word('a'), not(word('b'))));
  ok('(a or) b', and(word('a'), word('or'), word('b')));
  ok('ORDER ANDROID NOTE', and(word('order'), word('android'), word('note')));
  ok('foo(bar)', and(word('foo'), word('bar')));
  ok('a"b c"', and(word('a'), part('b c')));
});

test('queries search text fields', () => {
  ok('hostname:Web1', equals('hostname', 'web1'));
  ok('host:"web 1"', equals('hostname', 'web 1'));
  ok('app:nginx', equals('appname', 'nginx'));
  ok('HOSTNAME:web*', glob('hostname', 'web*'));
  ok('hostname:*web*', part('web', 'hostname'));
  ok('hostname:w?b', glob('hostname', 'w?b'));
  ok('hostname:a\\*b*', glob('hostname', 'a\\*b*'));
  ok('hostname:a\\*b', equals('hostname', 'a*b'));
  ok('hostname:(web1 OR web2)', or(equals('hostname', 'web1'), equals('hostname', 'web2')));
  ok('hostname:(web* -web1)', and(glob('hostname', 'web*'), not(equals('hostname', 'web1'))));
  ok('hostname:*', exists('hostname'));
  ok('_exists_:pid', exists('procid'));
  ok('hostname:/web\\d+/', pattern('web\\d+', false, 'hostname'));
  ok('ip:fe80::1', equals('source.ip', 'fe80::1'));
  ok('source.ip:10.0.*', glob('source.ip', '10.0.*'));
  ok('flags:truncated', equals('flags', 'truncated'));
  ok('hostname:OR', equals('hostname', 'or'));
  ok('hostname:""', equals('hostname', ''));
});

test('a backslash is itself before a character that means nothing', () => {
  ok('"DOMAIN\\jdoe"', part('domain\\jdoe'));
  ok('"c:\\Program Files"', part('c:\\program files'));
  ok('"a\\\\b\\"c"', part('a\\b"c'));
  ok('DOMAIN\\jdoe', phrase('domain\\jdoe'));
  ok('*DOMAIN\\jdoe*', part('domain\\jdoe'));
  ok('a\\', phrase('a\\'));
  ok('hostname:a\\b*', glob('hostname', 'a\\\\b*'));
  ok('message:DOMAIN\\jdoe', { kind: 'phrase', field: 'message', text: 'domain\\jdoe' });
});

test('queries take a field and a comparison without a colon', () => {
  ok('hostname=Web1', equals('hostname', 'web1'));
  ok('hostname=a hostname=b c', and(or(equals('hostname', 'a'), equals('hostname', 'b')), word('c')));
  ok('hostname=a AND hostname=b', and(equals('hostname', 'a'), equals('hostname', 'b')));
  ok('hostname=fe80::1', equals('hostname', 'fe80::1'));
  ok('app="c d"', equals('appname', 'c d'));
  ok('-host=web*', not(glob('hostname', 'web*')));
  ok('_HOSTNAME=web3', equals('hostname', 'web3'));
  ok('_SYSTEMD_UNIT=nginx.service', equals('appname', 'nginx'));
  ok('PRIORITY=3', code('severity', 3));
  ok('sd.a.b=3', equals('sd.a.b', '3'));
  ok('severity<=err', range('severity', { max: 3 }));
  ok('severity <= err', range('severity', { max: 3 }));
  ok('fields.x>4', range('fields.x', { min: 4, excludeMin: true }));
  ok('fields.status:>=500', range('fields.status', { min: 500 }));
  ok('pid>=100', range('procid', { min: 100 }));
  ok('time=30ms', phrase('time=30ms'));
  ok('size>4', phrase('size>4'));
  ok('a>b', phrase('a>b'));
  ok('fields.x>many', phrase('fields.x>many'));
  ok('fields.a\\=b:x', equals('fields.a=b', 'x'));
});

test('queries search structured data and fields', () => {
  ok('sd.exampleSDID@32473.iut:3', equals('sd.exampleSDID@32473.iut', '3'));
  ok('sd.a.b.c:X', equals('sd.a.b.c', 'x'));
  ok('sd."a.b"."c.d":x', equals('sd."a.b"."c.d"', 'x'));
  ok('sd."a".c:x', equals('sd.a.c', 'x'));
  ok('sd.a."c.d":x', equals('sd."a"."c.d"', 'x'));
  ok('sd.origin:*', exists('sd.origin'));
  ok('sd."a.b":*', exists('sd."a.b"'));
  ok('sd.a\\:b.c:x', equals('sd.a:b.c', 'x'));
  ok('sd.x.iut:>=3', range('sd.x.iut', { min: 3 }));
  ok('fields.status:[400 TO 499]', range('fields.status', { min: 400, max: 499 }));
  ok('fields.user\\ name:ann', equals('fields.user name', 'ann'));
});

test('queries accept severities and facilities by code and by name', () => {
  ok('severity:err', code('severity', 3));
  ok('severity:ERROR', code('severity', 3));
  ok('severity:3', code('severity', 3));
  ok('severity:<=err', range('severity', { max: 3 }));
  ok('severity:>warning', range('severity', { min: 4, excludeMin: true }));
  ok('severity:[emerg TO err]', range('severity', { min: 0, max: 3 }));
  ok('severity:(err OR crit)', or(code('severity', 3), code('severity', 2)));
  ok('level:warn', code('severity', 4));
  ok('level:<err', range('severity', { max: 3, excludeMax: true }));
  ok('facility:(auth OR authpriv)', or(code('facility', 4), code('facility', 10)));
  ok('facility:local*', glob('facility', 'local*'));
  ok('priority:debug', code('severity', 7));
});

test('queries compare numbers and times', () => {
  ok('length:>1000', range('length', { min: 1000, excludeMin: true }));
  ok('length:[1 TO *}', range('length', { min: 1 }));
  ok('length:{1 TO 5}', range('length', { min: 1, max: 5, excludeMin: true, excludeMax: true }));
  ok('port:514', code('source.port', 514));
  ok('procid:>100', range('procid', { min: 100, excludeMin: true }));
  const ten = Date.UTC(2026, 10, 22, 9);
  ok('timestamp:[2026-11-22T10:00 TO now]', range('timestamp', { min: ten, max: NOW }));
  ok('timestamp:["2026-11-22 10:00" TO *]', range('timestamp', { min: ten }));
  ok(
    'timestamp:[2026-11-22 10:00:00 TO 2026-11-22 10:00]',
    range('timestamp', { min: ten, max: ten + 60_000, excludeMax: true }),
  );
  ok(
    'timestamp:2026-11-22',
    range('timestamp', { min: Date.UTC(2026, 10, 21, 23), max: Date.UTC(2026, 10, 22, 23), excludeMax: true }),
  );
  ok('received_at:>=-1h', range('received_at', { min: NOW - 3_600_000 }));
  ok('time:>today', range('timestamp', { min: Date.UTC(2026, 10, 22, 23) }));
  ok('time:<=today', range('timestamp', { max: Date.UTC(2026, 10, 22, 23), excludeMax: true }));
  ok('time:<today', range('timestamp', { max: Date.UTC(2026, 10, 21, 23), excludeMax: true }));
  ok(
    'time:{2026-11-21 TO 2026-11-22}',
    range('timestamp', { min: Date.UTC(2026, 10, 21, 23), max: Date.UTC(2026, 10, 21, 23), excludeMax: true }),
  );
});

test('queries accept patterns', () => {
  ok('/fo+o/', pattern('fo+o'));
  ok('/fo+o/i', pattern('fo+o', true));
  ok('/a b/', pattern('a b'));
  ok('/a\\/b\\./', pattern('a/b\\.'));
  ok('/var/log/x', phrase('/var/log/x'));
  ok('(/a/ OR b)', or(pattern('a'), word('b')));
  ok('hostname:/a/i', pattern('a', true, 'hostname'));
});

test('terms without a field use the field of the context', () => {
  assert.deepEqual(
    parseQuery('web* -web1', { ...CONTEXT, field: 'hostname' }),
    and(glob('hostname', 'web*'), not(equals('hostname', 'web1'))),
  );
});

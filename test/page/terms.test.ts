import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  LEVELS,
  levelsOf,
  termFor,
  termsOf,
  withLevels,
  withoutLevels,
  withTerm,
  wordsOf,
} from '../../src/page/state/terms.ts';
import { parseQuery } from '../../src/query/index.ts';
import fc from '../support/fc.ts';

const CONTEXT = { now: 0, zone: 'UTC' };

suite('terms of a query', () => {
  for (const [query, terms] of [
    ['a  b', ['a', 'b']],
    ['"a b" c', ['"a b"', 'c']],
    ['(a OR b) c', ['(a OR b)', 'c']],
    ['severity:(err OR crit) "x) y"', ['severity:(err OR crit)', '"x) y"']],
    ['/a b/i c', ['/a b/i', 'c']],
    ['message:/a (b/ c', ['message:/a (b/', 'c']],
    ['length:[1 TO 2] x', ['length:[1 TO 2]', 'x']],
    ['a\\ b c', ['a\\ b', 'c']],
    ['"never closed x', ['"never closed x']],
    ['', []],
  ] as const) {
    test(`${query || 'nothing'} has ${terms.length}`, () => assert.deepEqual(termsOf(query), terms));
  }

  test('any text of any field becomes a term that the server reads', () => {
    const field = fc.constantFrom('hostname', 'fields.a.b', 'fields.a b', 'sd.x@1.y');
    fc.assert(
      fc.property(field, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (name, value) => {
        assert.doesNotThrow(() => parseQuery(termFor(name, value), CONTEXT), termFor(name, value));
      }),
    );
  });
});

suite('filter for, filter out', () => {
  for (const [query, term, wanted, result] of [
    ['', 'hostname:web1', 'for', 'hostname:web1'],
    ['nginx', 'hostname:web1', 'for', 'nginx hostname:web1'],
    ['a OR b', 'hostname:web1', 'for', '(a OR b) hostname:web1'],
    ['a hostname:web1', 'hostname:web1', 'out', 'a -hostname:web1'],
    ['a -hostname:web1', 'hostname:web1', 'for', 'a hostname:web1'],
    ['a NOT hostname:web1', 'hostname:web1', 'for', 'a hostname:web1'],
    ['a hostname:web1', 'hostname:web1', 'for', 'a hostname:web1'],
    ['*', 'hostname:web1', 'out', '-hostname:web1'],
  ] as const) {
    test(`${query || 'nothing'}, ${wanted} ${term}`, () => assert.equal(withTerm(query, term, wanted), result));
  }
});

suite('levels in a query', () => {
  for (const [query, levels] of [
    ['nginx', LEVELS],
    ['severity:<=err', ['emerg', 'alert', 'crit', 'err']],
    ['severity:<err x', ['emerg', 'alert', 'crit']],
    ['severity<=2', ['emerg', 'alert', 'crit']],
    ['x severity:(err OR debug)', ['err', 'debug']],
    ['level:info', ['info']],
  ] as const) {
    test(`${query} is ${levels.join(', ')}`, () => assert.deepEqual([...levelsOf(query)], levels));
  }

  test('a choice of levels is read back from the query, and the rest of the query stays', () => {
    fc.assert(
      fc.property(fc.subarray([...LEVELS], { minLength: 1 }), (levels) => {
        const query = withLevels('nginx "a b"', new Set(levels));
        assert.deepEqual([...levelsOf(query)], levels);
        assert.equal(withoutLevels(query), 'nginx "a b"');
        assert.doesNotThrow(() => parseQuery(query, CONTEXT));
      }),
    );
  });

  test('a query of alternatives is put in parentheses', () => {
    assert.equal(withLevels('a OR b', new Set(['err'])), 'severity:err (a OR b)');
  });
});

test('words to mark are those that a line must have', () => {
  const query = 'disk "no space" -debug NOT trace hostname:web1 (a OR b) conn* message:x /re/ AND *';
  assert.deepEqual(wordsOf(query), ['disk', 'no space', 'a', 'b', 'conn', 'x']);
});

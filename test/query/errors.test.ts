import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { CordwoodError } from '../../src/base/errors.ts';
import { MAX_QUERY_LENGTH, parseQuery, QueryError, showCaret } from '../../src/query/index.ts';

const CONTEXT = { now: Date.UTC(2026, 10, 22, 16, 20), zone: 'UTC' };

function errorOf(text: string): QueryError {
  try {
    parseQuery(text, CONTEXT);
  } catch (error) {
    assert.ok(error instanceof QueryError, String(error));
    return error;
  }
  return assert.fail(`${text} was read`);
}

function bad(text: string, column: number, reason: RegExp): void {
  const error = errorOf(text);
  assert.match(error.message, reason, text);
  assert.equal(error.column, column, `${text}: ${error.message}`);
}

test('errors name the problem, its position and a remedy', () => {
  bad('hots:web1', 0, /unknown field "hots"; did you mean "host"\?/);
  bad('a svrity:err', 2, /did you mean "severity"/);
  bad('http://x', 0, /unknown field "http".*put it in quotes/);
  bad('severity:eror', 9, /unknown severity "eror"; did you mean "err"/);
  bad('severity:9', 9, /use emerg alert crit err warning notice info debug, or 0 to 7/);
  bad('severity:<', 9, /a value is missing after "<"/);
  bad('facility:(auth OR foo)', 18, /unknown facility "foo"/);
  bad('length:many', 7, /length is a number, and "many" is not/);
  bad('hostname:>web1', 9, /hostname cannot be compared/);
  bad('timestamp:>soon', 10, /cannot read the time "soon": write 2026-11-22/);
  bad('timestamp:2026*', 10, /has no wildcards/);
  bad('timestamp:[1 TO]', 10, /write a range as \[low TO high\]/);
  bad('timestamp:[now', 10, /write a range as/);
  bad('length:[ TO 5]', 7, /a bound of the range is missing/);
  bad('ip:10.0.0.0/8', 3, /10\.0\.0\.0\/8 is a network.*source\.ip:10\.0\.\*/);
  bad('x /a(b/', 3, /not a valid RE2 pattern: missing closing \)/);
  bad('/(?=a)/', 1, /not a valid RE2 pattern/);
  bad(`/${'a'.repeat(513)}/`, 513, /at most 512/);
  bad('foo AND', 7, /a term is missing/);
  bad('foo OR', 6, /a term is missing/);
  bad('AND foo', 0, /AND needs a term on its left/);
  bad('OR foo', 0, /a term is missing/);
  bad('foo NOT', 7, /a term is missing/);
  bad('(foo', 0, /this "\(" is not closed/);
  bad('a (b c', 2, /this "\(" is not closed/);
  bad('()', 1, /a term is missing/);
  bad('foo)', 3, /this "\)" has no "\("/);
  bad('a "b', 2, /this quote is not closed/);
  bad('hostname:', 9, /"hostname:" has no value/);
  bad('hostname: web1', 9, /has no value/);
  bad('_exists_:nothing', 9, /unknown field "nothing"/);
  bad('sd..:x', 0, /unknown field "sd\.\."/);
});

test('an error is a CordwoodError with its code', () => {
  const error = errorOf('(foo');
  assert.ok(error instanceof CordwoodError);
  assert.equal(error.code, 'ERR_QUERY');
  assert.equal(error.query, '(foo');
});

test('the caret marks the position of the error', () => {
  assert.equal(
    showCaret(errorOf('a svrity:err')),
    'cannot read the query: unknown field "svrity"; did you mean "severity"? (to search for it as text, put it in quotes)\n' +
      '  a svrity:err\n    ^',
  );
  const [, shown, caret] = showCaret(errorOf(`${'é😀\t'.repeat(100)} hots:x ${'b '.repeat(100)}`)).split('\n');
  assert.equal([...shown!][caret!.indexOf('^')], 'h');
  assert.ok([...shown!].length < 130);
  assert.ok(!/\p{Cc}/u.test(shown!));
});

test('the length, depth and number of terms of a query are limited', () => {
  bad('a'.repeat(MAX_QUERY_LENGTH + 1), MAX_QUERY_LENGTH, /at most 16384 are allowed/);
  bad(`${'('.repeat(60)}a${')'.repeat(60)}`, 51, /nested more than 50 levels deep/);
  bad(`${'-'.repeat(60)}a`, 51, /nested more than 50 levels deep/);
  bad('a '.repeat(1001), 2000, /more than 1000 terms/);
  bad(`x ${'a'.repeat(1001)}`, 2, /1,001 characters, and at most 1,000 are allowed: search for a part of it/);
  bad(`sd.x@1.v:*${'a'.repeat(1000)}b`, 9, /1,002 characters, and at most 1,000/);
});

test('the parser is fast and throws only QueryErrors, whatever the text', () => {
  const pieces = [
    ...[
      'a',
      'OR',
      'AND',
      'NOT',
      ' ',
      '(',
      ')',
      '"',
      ':',
      '/',
      '\\',
      '*',
      '?',
      '-',
      '+',
      '!',
      '[',
      ']',
      '{',
      '}',
      ' TO ',
    ],
    ...[
      'hostname:',
      'severity:',
      'sd.',
      'timestamp:',
      '<',
      '>',
      '=',
      'err',
      'now',
      '1h',
      '2026-11-22',
      '\0',
      '😀',
      '\ud800',
    ],
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join(''));
  const law = fc.property(text, (each) => {
    try {
      parseQuery(each, CONTEXT);
    } catch (error) {
      assert.ok(error instanceof QueryError, `${JSON.stringify(each)}: ${error}`);
      assert.ok(error.column >= 0 && error.column <= each.length);
    }
  });
  fc.assert(law, { numRuns: Number(process.env['CORDWOOD_FUZZ'] ?? 5000) });
  for (const slow of ['[', 'timestamp:[', 'sd.a', 'a:', '"', '/', '-', '(', '\\', 'timestamp:1a']) {
    for (const filler of [' ', 'a', '.', 'a.', ' TO ', '/', '"', '\\', '1a']) {
      const long = slow + filler.repeat(Math.floor((MAX_QUERY_LENGTH - slow.length) / filler.length));
      assert.doesNotThrow(() => {
        try {
          parseQuery(long, CONTEXT);
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
        }
      }, slow + filler);
    }
  }
});

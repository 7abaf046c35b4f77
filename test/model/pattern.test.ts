import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { RE2JS } from 're2js';
import { Pattern, PatternError } from '../../src/model/pattern.ts';
import { analyse } from '../../src/base/text/pattern-subset.ts';
import { fold } from '../../src/model/tokens.ts';

function ok(source: string, text: string, want: boolean, ignoreCase = false): void {
  assert.equal(new Pattern(source, { ignoreCase }).test(text), want, `/${source}/ on ${JSON.stringify(text)}`);
}

test('patterns are found anywhere, unless anchored', () => {
  ok('timed out', 'upstream timed out', true);
  ok('^timed', 'upstream timed out', false);
  ok('out$', 'upstream timed out\n', false);
  ok('TIMED', 'upstream timed out', false);
  ok('TIMED', 'upstream timed out', true, true);
  ok('(?i)TIMED', 'upstream timed out', true);
  ok('up.*out', 'upstream timed out', true);
  ok('up.*out', 'upstream\nout', false);
  ok('up.out', 'up\rout', true);
  ok('\\d{3}ms', '12ms 123ms', true);
  ok('user=\\w+ ', 'user=ann ', true);
  ok('\\p{Greek}+', 'abc λόγος', true);
  ok('STRASSE|ΣΟΦΌΣ', 'σοφός', true, true);
  ok('k', '\u212a', true, true);
  ok('[^k]', 'K', false, true);
  ok('', '', true);
});

test('patterns that RE2 does not accept are rejected with the position', () => {
  const bad = (source: string, reason: RegExp, position: number): void => {
    assert.throws(
      () => new Pattern(source),
      (error: unknown) => error instanceof PatternError && reason.test(error.message) && error.position === position,
      source,
    );
  };
  bad('a(b', /missing closing \)/, 0);
  bad('ab[c', /missing closing \]/, 2);
  bad('ab**', /invalid nested repetition operator: \*\*/, 2);
  bad('(a)\\1', /invalid escape sequence/, 3);
  bad('x(?=y)', /invalid or unsupported Perl syntax/, 1);
  bad('a{2,1}', /invalid repeat count/, 1);
  bad('x'.repeat(513), /at most 512/, 512);
});

test('a literal that every match holds is found', () => {
  const literal = (source: string, want: string, ignoreCase = false): void => {
    assert.equal(new Pattern(source, { ignoreCase }).literal, want, source);
  };
  literal('rt=\\d+ms slow', 'ms slow');
  literal('Upstream.*OUT', 'upstream');
  literal('(?:abc)def', 'abcdef');
  literal('(abc)+de', 'abc');
  literal('ab?cde', 'cde');
  literal('a+bcd', 'bcd');
  literal('foo|bar', '');
  literal('(foo|bar)baz', 'baz');
  literal('1\\.2\\.3', '1.2.3');
  literal('x\\pLyz', '');
  literal('éa', 'a', true);
});

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'K',
    's',
    'é',
    'ſ',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '\\b',
    '[a-c]',
    '[^a]',
    '^',
    '$',
    '\\.',
    '[k.]',
    '[\\d-]',
  ],
  ...['(a|b)', '(?:ab|K)', '(a(b|s)?)', '-', ' ', '0', '\n', '\\S', '\\n', '[b-]', '/'],
);
const quantified = fc
  .tuple(piece, fc.constantFrom('', '', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,}', '*?'))
  .map(([atom, quantifier]) => (/^[\^$]$|^\\b$/.test(atom) ? atom : atom + quantifier));
const source = fc
  .array(fc.array(quantified, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
  .map((branches) => branches.map((branch) => branch.join('')).join('|'));
const text = fc
  .array(fc.constantFrom(...'abcKkKsſSéÉ.0-7_ \n\r\v\u2028\u00a0/😀λ'), { maxLength: 12 })
  .map((characters) => characters.join(''));

test('law: a pattern gives the result of RE2, whichever engine runs', () => {
  let simple = 0;
  const law = fc.property(source, fc.array(text, { maxLength: 8 }), fc.boolean(), (written, texts, ignoreCase) => {
    if (analyse(written, ignoreCase)?.regexp) simple++;
    const pattern = new Pattern(written, { ignoreCase });
    const engine = RE2JS.compile(written, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    for (const each of texts) {
      const want = engine.test(each);
      assert.equal(pattern.test(each), want, JSON.stringify([written, ignoreCase, each]));
      if (want) assert.ok(fold(each).includes(pattern.literal), JSON.stringify([written, ignoreCase, each]));
    }
  });
  fc.assert(law, { numRuns: Number(process.env['CORDWOOD_FUZZ'] ?? 5000) });
  assert.ok(simple > 500, `${simple} patterns ran on RegExp`);
});

test('patterns that make a backtracking engine hang are matched in time', () => {
  const long = 'a'.repeat(100_000);
  ok('(a+)+$', long, true);
  ok('(a|a)*b', long, false);
  ok('a.*a.*a.*b', long, false);
  ok('(?:a?){30}b', long, false);
  ok('a{0,31}b', long, false);
});

test('a repeat between characters that it cannot match is left to RegExp, any other unbounded repeat to RE2', () => {
  const isSlow = (source: string, ignoreCase = false): boolean => new Pattern(source, { ignoreCase }).isSlow;
  for (const source of ['process \\d+ \\(java', 'user=\\w+ ', ':[^:]+:', 'a\\d+b\\d+c', '(?:x\\d+y)?z', ' \\S+ ']) {
    assert.equal(isSlow(source), false, source);
  }
  for (const source of ['\\d+ms', 'a\\d+', 'a\\d+\\d', '1\\d+ ', 'a\\d*b', 'a.+b', 'a(\\d)+b', '(\\d+)x', 'a\\d+b?c']) {
    assert.equal(isSlow(source), true, source);
  }
  // The long s folds to s, so that a run of one may end in the other.
  assert.equal(isSlow('-s+ſ', true), true);
  ok('a\\d+b', `a${'1'.repeat(200_000)}`, false);
  ok('a\\d+b', 'a1a'.repeat(100_000), false);
  ok('process \\d+ \\(java\\)', 'Killed process 4711 (java)', true);
  ok('process \\d+ \\(java\\)', 'Killed process 4711 4712 (java)', false);
});

test('a pattern whose match may pass any number of line feeds is not searched in several lines at once', () => {
  assert.equal(new Pattern(':[^:]+:').lines, undefined);
  assert.ok(new Pattern(' \\S+ ').lines);
  assert.ok(new Pattern('a\\d+b').lines);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { Args, readArgs } from '../../src/cli/args/args.ts';
import { fieldList, scopeOf } from '../../src/cli/args/scope.ts';
import { SEARCH_FLAGS } from '../../src/cli/commands/search-flags.ts';
import { compile } from '../../src/model/matches.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { and, parseQuery } from '../../src/query/index.ts';
import { message, NOW } from './fake.ts';

async function scope(...argv: string[]) {
  const args = readArgs(argv, SEARCH_FLAGS);
  return scopeOf(args, args.words, NOW);
}

function ok(argv: string[], want: string[]): void {
  test(argv.join(' '), async () => {
    const { query, filters = [] } = await scope(...argv);
    assert.deepEqual([...(query === undefined ? [] : [query]), ...filters.map(({ text }) => text)], want);
    for (const text of want) parseQuery(text, { now: NOW });
  });
}

function bad(argv: string[], want: RegExp): void {
  test(argv.join(' '), () => assert.rejects(scope(...argv), { code: 'ERR_USAGE', message: want }));
}

ok([], []);
ok(['-p', 'err'], ['severity:<=err']);
ok(['-p', '3'], ['severity:<=err']);
ok(['-p', 'warning..err'], ['severity:[err TO warning]']);
ok(['-p', 'err..warn'], ['severity:[err TO warning]']);
ok(['-H', 'web1'], ['hostname:web1']);
ok(['-H', 'web*', '-H', 'db-1'], ['hostname:(web* OR db-1)']);
ok(['-t', 'postfix/smtpd'], ['appname:"postfix/smtpd"']);
ok(['-t', 'a b*'], ['appname:a\\ b*']);
ok(['-H', 'web[1-3]'], ['hostname:("web[1-3]" OR web1 OR web2 OR web3)']);
ok(['-H', 'web*,db*'], ['hostname:(web*,db* OR web* OR db*)']);
ok(['-H', 'a,b', '-H', 'c'], ['hostname:("a,b" OR a OR b OR c)']);
ok(['-t', 'php{7,8}-fpm*'], ['appname:(php{7,8}-fpm* OR php7-fpm* OR php8-fpm*)']);
ok(['-H', 'n{09..11}*'], ['hostname:(n{09..11}* OR n09* OR n10* OR n11*)']);
ok(['-H', '[fe80::1]'], ['hostname:"[fe80::1]"']);
ok(['_HOSTNAME=web3'], ['hostname:web3']);
ok(['_SYSTEMD_UNIT=nginx.service', 'PRIORITY=3'], ['appname:nginx', 'severity:3']);
ok(['fields.status:>=500'], ['fields.status:>=500']);
ok(['sd.a.b:<=3'], ['sd.a.b:<=3']);
ok(['app=c d', 'x'], ['app=c d x']);
ok(['--facility', 'auth,10'], ['facility:(auth OR authpriv)']);
ok(['-g', 'timed? out'], ['message:/timed? out/i']);
ok(['-g', 'Timed'], ['message:/Timed/']);
ok(['-g', '\\S+\\pL\\p{Lu} x'], ['message:/\\S+\\pL\\p{Lu} x/i']);
ok(['-g', 'a/b\\/c'], ['message:/a\\/b\\/c/i']);
ok(['-v', 'debug OR noise'], ['NOT (debug OR noise)']);
ok(['disk', 'full'], ['disk full']);
ok(['hostname=a', 'hostname=b', 'app="c d"', 'x'], ['app="c d" x', 'hostname:(a OR b)']);
ok(['user=root', 'time=30ms'], ['user=root time=30ms']);
ok(['sd.origin.ip=10.0.0.1'], ['sd.origin.ip:10.0.0.1']);
bad(['-H', 'a{1..9}{1..9}{1..9}'], /^cannot read -H a.*more than 500 names/);
bad(['-p', 'eror'], /^cannot read -p eror: use one of .*did you mean "err"/);
bad(['-p', 'err..info..debug'], /^cannot read -p/);
bad(['--facility', 'auht'], /did you mean "auth"/);
bad(['-S', 'neverland'], /^cannot read the time "neverland"/);
bad(['--utc', '--timezone', 'Europe/Berlin'], /use either --utc or --timezone/);

test('times are read in the same zone as they are shown', async () => {
  assert.equal((await scope('-S', '2026-11-22 01:00', '--timezone', 'Europe/Berlin')).since, Date.UTC(2026, 10, 22, 0));
  assert.equal((await scope('-S', '2026-11-22 01:00', '--utc')).since, Date.UTC(2026, 10, 22, 1));
  assert.deepEqual(await scope('-S', 'all'), { since: 'all' });
  assert.deepEqual(await scope('-S', '-1h', '-U', 'now'), { since: NOW - 3_600_000, until: NOW });
});

/** Whether the flags match a message, read as the server reads them. */
async function finds(found: LogMessage, ...argv: string[]): Promise<boolean> {
  const { query = '', filters = [] } = await scope(...argv);
  return [query, ...filters.map(({ text }) => text)].every((text) => compile(parseQuery(text, { now: NOW }))(found));
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 10_000);

test('a query means the same with and without parentheses around it', async () => {
  const name = fc.constantFrom(
    'hostname',
    'host',
    'app',
    'fields.status',
    'sd.a.b',
    'severity',
    'level',
    'user',
    '_PID',
  );
  const bare = fc.constantFrom(
    'disk',
    '"no space"',
    '*part*',
    '/time(d )?out/',
    '10.0.0.1',
    'a=b',
    'or',
    'DOMAIN\\x',
    '>',
  );
  const operator = fc.constantFrom('=', ':', ':>=', ':<', '<=', '>', ' > ', '==', ':=');
  const value = fc.constantFrom('err', '500', 'web*', '"a b"', 'a=b', 'x:y', '3', '[1 TO 5]', 'c\\d', '-1');
  const pair = fc.tuple(name, operator, value).map((pieces) => pieces.join(''));
  const joint = fc.constantFrom(' ', ' ', ' OR ', ' and ', ' or ', ' not ', ' NOT ', ' -', '  ');
  const piece = fc.oneof(
    bare,
    pair,
    fc.tuple(pair, bare).map((both) => `(${both.join(' ')})`),
  );
  const query = fc
    .array(fc.tuple(joint, piece), { minLength: 1, maxLength: 4 })
    .map((all) => all.flat().slice(1).join(''));
  const filterOf = async (text: string) => {
    const { query: typed = '', filters = [] } = await scopeOf(new Args([text], new Map()), [text], NOW);
    try {
      return and([typed, ...filters.map((each) => each.text)].map((each) => parseQuery(each, { now: NOW })));
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  await fc.assert(
    fc.asyncProperty(query, async (text) => {
      assert.deepEqual(await filterOf(text), await filterOf(`(${text})`), text);
    }),
    { numRuns: RUNS },
  );
});

test('no value of a flag is read as query syntax', async () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/[*?]/.test(text));
  await fc.assert(
    fc.asyncProperty(value, async (text) => {
      assert.ok(await finds(message({ hostname: text }), `--host=${text}`), 'matches');
      assert.ok(!(await finds(message({ hostname: `${text}x` }), `--host=${text}`)), 'matches no other');
      const written = /^[^\s()"]+$/.test(text) ? text : quoted(text);
      assert.ok(await finds(message({ appname: text }), `appname=${written}`), 'matches as a word');
    }),
  );
});

test('wildcards work in a glob with any other characters', async () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/[*?]/.test(text));
  await fc.assert(
    fc.asyncProperty(value, value, async (a, b) => {
      assert.ok(await finds(message({ hostname: `${a} any ${b}` }), `--host=${a}*${b}`));
    }),
  );
});

test('a list of fields takes names and aliases', async () => {
  assert.deepEqual(await fieldList('host, level,sd.a.b,fields.x', '--fields'), [
    'hostname',
    'level',
    'sd.a.b',
    'fields.x',
  ]);
  await assert.rejects(
    fieldList('hostnme', '--fields'),
    /^CordwoodError: cannot read --fields hostnme: unknown field "hostnme"; did you mean/,
  );
});
